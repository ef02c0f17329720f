// A form from a JSON Schema. The library that draws it weighs as much as the canvas, so it comes once the canvas stands.

import { lazy, Suspense } from "react";

const fetchForm = () => import("./DrawnForm.jsx");
const DrawnForm = lazy(fetchForm);
const FIRST_THE_CANVAS = 1000;

/** Have it before somebody asks for it, and after all that the canvas needs. */
export const fetchForms = () => setTimeout(() => fetchForm().catch(() => null), FIRST_THE_CANVAS); // who asks is told

export function SchemaForm(props) {
  return (
    <Suspense fallback={<div className="qe-form-comes" role="status" aria-busy="true" aria-label="Loading" />}>
      <DrawnForm {...props} />
    </Suspense>
  );
}
