// What is asked for only once somebody acts comes after all that the canvas needs, and before anybody asks.

import { fetchYaml } from "./fragment.js";
import { fetchForm } from "./SchemaForm.jsx";

const FIRST_THE_CANVAS = 1000; // ms

/** Who asks for what could not be loaded is told then. */
export const fetchLater = () => setTimeout(() => Promise.allSettled([fetchForm(), fetchYaml()]), FIRST_THE_CANVAS);
