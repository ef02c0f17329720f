// A form from a JSON Schema. The library that draws it weighs as much as the canvas, so it comes once the canvas stands.

import { Suspense } from "react";
import { late } from "../components/late.js";

export const fetchForm = () => import("./DrawnForm.jsx");
const DrawnForm = late(fetchForm);

export function SchemaForm(props) {
  return (
    <Suspense fallback={<div className="qe-form-comes" role="status" aria-busy="true" aria-label="Loading" />}>
      <DrawnForm {...props} />
    </Suspense>
  );
}
