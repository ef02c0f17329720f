// What is asked for only once somebody acts comes after all that the canvas needs, and before anybody asks.

import { fetchAside } from "./aside.js";
import { fetchYaml } from "./fragment.js";
import { fetchForm } from "./SchemaForm.jsx";

const FIRST_THE_CANVAS = 300; // ms
const THEN_THE_PANES = 700;

/** Who asks for what could not be loaded is told then. The frame of the canvas says when the editor is whole. */
export function fetchLater(frame) {
  setTimeout(() => fetchAside().then(() => frame.setAttribute("data-whole", "true"), () => null), FIRST_THE_CANVAS);
  setTimeout(() => Promise.allSettled([fetchForm(), fetchYaml()]), FIRST_THE_CANVAS + THEN_THE_PANES);
}
