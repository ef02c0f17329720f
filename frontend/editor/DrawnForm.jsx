// A form drawn from a JSON Schema alone by react-jsonschema-form; what it means is checked by the server.

import { memo, useMemo } from "react";
import Form from "@rjsf/core";
import validator from "@rjsf/validator-ajv8";
import { fields } from "./FormFields.jsx";
import { templates } from "./FormTemplates.jsx";
import { widgets } from "./FormWidgets.jsx";
import { checkable, simplified, uiSchemaOf } from "./schema.js";

const DEFAULTS = { emptyObjectFields: "skipDefaults", arrayMinItems: { populate: "never" }, mergeExtraDefaults: false };

export default memo(function DrawnForm({ schema, value, onChange, readOnly = false, context, checked = false }) {
  const [plain, ui] = useMemo(() => {
    const written = simplified(schema);
    return [checkable(written), { ...uiSchemaOf(written), "ui:submitButtonOptions": { norender: true } }];
  }, [schema]);
  return (
    <Form
      tagName="div"
      idPrefix="f"
      idSeparator="."
      schema={plain}
      uiSchema={ui}
      formData={value}
      formContext={context}
      validator={validator}
      fields={fields}
      widgets={widgets}
      templates={templates}
      readonly={readOnly}
      noValidate={!checked}
      liveValidate={checked}
      showErrorList={false}
      experimental_defaultFormStateBehavior={DEFAULTS}
      onChange={({ formData }) => onChange(formData)}
    />
  );
});
