// How the form library lays out fields, groups and lists in our look.

import { Tooltip } from "@radix-ui/themes";
import { Icon } from "../components/icons.jsx";
import { NextTimes } from "./NextTimes.jsx";
import { hiddenFields } from "./schema.js";

/** What the whole form knows: problems by field, other people's fields. */
const about = (registry) => registry?.formContext ?? {};

function Label({ id, label, required, help }) {
  return (
    <div className="qe-label">
      <label htmlFor={id}>{label}{required && <span className="qe-required" title="Needed">*</span>}</label>
      {help && (
        <Tooltip content={help} maxWidth="320px">
          <span className="qe-help" tabIndex={0} role="note" aria-label={help}><Icon name="info" size={13} /></span>
        </Tooltip>
      )}
    </div>
  );
}

function Field({ id, label, required, displayLabel, rawDescription, rawErrors, hidden, children, schema, registry, uiSchema }) {
  if (hidden) return <div hidden>{children}</div>;
  const { problems = {}, editing = {} } = about(registry);
  const field = id.replace(/^f\.?/, "");
  const whole = field === "";
  if (whole) return children;
  const wrong = [...(rawErrors ?? []), ...(problems[field] ?? [])];
  const own = uiSchema?.["ui:field"] === "rules" || schema.type === "boolean";
  const shown = (displayLabel || uiSchema?.["ui:field"] || schema.type === "array") && !own && label && !/^\d+$/.test(field.split(".").at(-1));
  return (
    <div className="qe-field" data-field={field} data-wrong={wrong.length ? true : undefined} style={editing[field] ? { "--qc-peer": editing[field].color } : undefined} data-editing={editing[field]?.name}>
      {shown && <Label id={id} label={label} required={required} help={rawDescription} />}
      {children}
      {editing[field] && <div className="qe-other">{editing[field].name} is editing this</div>}
      {wrong.map((sentence) => <div key={sentence} className="qe-wrong">{sentence}</div>)}
    </div>
  );
}

const Slots = ({ all }) => all.map(({ content, name }) => <div key={name} className="qe-slot">{content}</div>);

/** Settings that the kind calls advanced are folded, unless one of them has a problem. */
function Advanced({ all, problems }) {
  if (!all.length) return null;
  const [one] = all;
  return (
    <details className="qe-advanced" data-testid="advanced" open={all.some(({ name }) => Object.keys(problems).some((field) => `${field}.`.startsWith(`${name}.`))) || undefined}>
      <summary>Advanced settings ({all.length}{all.length === 1 ? `: ${one.content.props.schema?.title ?? one.name}` : ""})</summary>
      <div className="qe-fields"><Slots all={all} /></div>
    </details>
  );
}

/** A line of cron beside a time zone names moments. */
const timed = ({ properties = {} }) => "cron" in properties && "zone" in properties;

function Group({ properties, schema, uiSchema, formData, fieldPathId, registry }) {
  const hidden = hiddenFields(schema, formData);
  const inner = fieldPathId.$id !== "f";
  const shown = properties.filter(({ name }) => !hidden.has(name));
  const isAdvanced = ({ name }) => Boolean(uiSchema?.[name]?.["ui:options"]?.advanced);
  return (
    <div className={inner ? "qe-fields qe-fields-inner" : "qe-fields"}>
      <Slots all={shown.filter((one) => !isAdvanced(one))} />
      {timed(schema) && <NextTimes cron={formData?.cron} zone={formData?.zone} />}
      <Advanced all={shown.filter(isAdvanced)} problems={about(registry).problems ?? {}} />
    </div>
  );
}

function List({ items, canAdd, onAddClick, schema, disabled, readonly, title }) {
  const word = schema.items?.title?.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase() ?? title?.toLowerCase().replace(/s$/, "") ?? "entry";
  return (
    <div className="qe-list">
      {items}
      {canAdd && !disabled && !readonly && (
        <button type="button" className="qe-add" onClick={onAddClick}><Icon name="plus" size={13} />Add {/form field|approval field/.test(word) ? "field" : word}</button>
      )}
    </div>
  );
}

function Item({ children, buttonsProps, hasToolbar, readonly, disabled }) {
  const { hasMoveUp, hasMoveDown, hasRemove, onMoveUpItem, onMoveDownItem, onRemoveItem } = buttonsProps;
  const fixed = readonly || disabled;
  return (
    <div className="qe-item">
      <div className="qe-item-body">{children}</div>
      {hasToolbar && !fixed && (
        <div className="qe-item-tools">
          {(hasMoveUp || hasMoveDown) && <button type="button" className="qe-tool" aria-label="Move up" disabled={!hasMoveUp} onClick={onMoveUpItem}><Icon name="chevron-up" size={13} /></button>}
          {(hasMoveUp || hasMoveDown) && <button type="button" className="qe-tool" aria-label="Move down" disabled={!hasMoveDown} onClick={onMoveDownItem}><Icon name="chevron-down" size={13} /></button>}
          {hasRemove && <button type="button" className="qe-tool" aria-label="Remove" onClick={onRemoveItem}><Icon name="x" size={13} /></button>}
        </div>
      )}
    </div>
  );
}

const Nothing = () => null;

export const templates = {
  FieldTemplate: Field,
  ObjectFieldTemplate: Group,
  ArrayFieldTemplate: List,
  ArrayFieldItemTemplate: Item,
  ErrorListTemplate: Nothing,
  FieldErrorTemplate: Nothing,
  DescriptionFieldTemplate: Nothing,
  TitleFieldTemplate: Nothing,
};
