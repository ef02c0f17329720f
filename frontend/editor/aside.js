// Fetches what stands beside the canvas, once; who asks for it before it is there waits for it.

let parts = null;

export const aside = () => parts;

export const fetchAside = () => import("./Aside.jsx").then((found) => {
  parts = found;
  return found;
});
