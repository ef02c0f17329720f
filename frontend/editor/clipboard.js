// Copy, cut, paste and duplicate: what goes through the clipboard is a diagram as YAML, readable anywhere.

import { parse, stringify } from "yaml";
import { extentOf, isContainer } from "../components/kinds.js";
import { freeId, freeName, shownNames, snapped } from "./placing.js";

const OFFSET = 32;
const PLAIN = { parent: null, note: "", on_error: "fail", disabled: false, size: null };

function fileNode({ id, kind, kind_version: version, name, config, position, ...rest }) {
  const more = Object.fromEntries(Object.entries(rest).filter(([key, value]) => value != null && JSON.stringify(value) !== JSON.stringify(PLAIN[key])));
  return { id, kind, ...(version > 1 ? { kind_version: version } : {}), name, config, position, ...more };
}

function fileWire({ source, source_port: port, target, label }) {
  return { source, ...(port === "out" ? {} : { source_port: port }), target, ...(label ? { label } : {}) };
}

/** References such as `nodes.classify.label` in every text of the settings follow the new ids. */
function rewritten(value, newIds) {
  if (typeof value === "string") {
    return value.replace(/\bnodes\.([a-z][a-z0-9_]*)/g, (all, id) => (newIds.has(id) ? `nodes.${newIds.get(id)}` : all));
  }
  if (Array.isArray(value)) return value.map((entry) => rewritten(entry, newIds));
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, rewritten(inner, newIds)]));
  return value;
}

export class Clipboard {
  constructor(editor) {
    this.editor = editor;
  }

  /** The selected nodes with what they hold and the wires between them, in the form of a diagram file. */
  fragment() {
    const { model, ui } = this.editor;
    const chosen = new Set(ui.state.selection.flatMap((id) => [id, ...model.within(id)]));
    const nodes = [...chosen].map((id) => model.node(id)).filter(Boolean);
    const wires = [...model.wires.values()].filter((wire) => chosen.has(wire.source) && chosen.has(wire.target));
    const outside = (node) => (chosen.has(node.parent) ? node : { ...node, parent: null, position: node.parent ? model.absolute(node) : node.position });
    return { quadrille: 1, nodes: nodes.map((node) => fileNode(outside(node))), wires: wires.map(fileWire) };
  }

  copy(data) {
    if (!this.editor.ui.state.selection.length) return false;
    data.setData("text/plain", stringify(this.fragment()));
    this.editor.ui.hint(`${this.editor.ui.state.selection.length} copied as YAML.`);
    return true;
  }

  cut(data) {
    if (!this.editor.draft.canEdit || !this.copy(data)) return false;
    this.editor.edits.remove(this.editor.ui.state.selection);
    return true;
  }

  paste(data) {
    if (!this.editor.draft.canEdit) return false;
    const text = data.getData("text/plain");
    if (!/\bnodes\b/.test(text)) return false;
    let found;
    try {
      found = parse(text);
    } catch (error) {
      this.editor.ui.hint(`The clipboard holds no diagram: ${error.message.split("\n")[0]}`, "warning");
      return true;
    }
    if (!Array.isArray(found?.nodes) || !found.nodes.every((node) => node && typeof node.id === "string" && typeof node.kind === "string")) return false;
    this.insert(found);
    return true;
  }

  duplicate() {
    this.insert(this.fragment());
  }

  /** Put a fragment into the draft as one step, with new ids, free names, and references rewritten. */
  insert(fragment) {
    const { draft, edits, model, kinds } = this.editor;
    const newIds = new Map();
    const taken = new Set();
    const names = shownNames(model, kinds);
    for (const node of fragment.nodes) {
      const id = freeId(node.id, (one) => draft.nodes.has(one) || taken.has(one));
      newIds.set(node.id, id);
      taken.add(id);
    }
    draft.edit(() => {
      for (const node of fragment.nodes) {
        const { id, position = {}, size, config = {}, name, parent, ...rest } = node;
        const inside = newIds.has(parent);
        const shift = inside ? 0 : OFFSET;
        const free = freeName(name || kinds.get(node.kind)?.title || node.kind, names);
        names.push(free);
        const kind = kinds.get(node.kind) ?? {};
        const [w, h] = size ?? (isContainer(kind) ? extentOf(kind) : []);
        const extent = w ? { w, h } : {};
        const at = snapped({ x: (position.x ?? 0) + shift, y: (position.y ?? 0) + shift });
        edits.put(newIds.get(id), { ...rest, name: free, ...at, ...extent, parent: inside ? newIds.get(parent) : undefined, config: rewritten(config, newIds) });
      }
      for (const wire of fragment.wires ?? []) {
        const ends = [newIds.get(wire.source), newIds.get(wire.target)];
        if (ends[0] && ends[1]) edits.putWire(ends[0], wire.source_port ?? "out", ends[1], { label: wire.label ?? "" });
      }
    });
    const tops = fragment.nodes.filter((node) => !newIds.has(node.parent)).map((node) => newIds.get(node.id));
    this.editor.select(tops);
  }
}
