// A form from a JSON Schema. The library that draws it weighs as much as the canvas, so it comes once the canvas stands.

import { lazy, Suspense } from "react";

export const fetchForm = () => import("./DrawnForm.jsx");
const DrawnForm = lazy(fetchForm);

export function SchemaForm(props) {
  return (
    <Suspense fallback={<div className="qe-form-comes" role="status" aria-busy="true" aria-label="Loading" />}>
      <DrawnForm {...props} />
    </Suspense>
  );
}
