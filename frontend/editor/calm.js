// How long movements take, in ms: none for people who asked for calm.

export const calm = () => (window.matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 180);
