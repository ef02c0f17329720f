// Copy, cut, paste and duplicate: what goes through the clipboard is a diagram as YAML, readable anywhere.

import { parse, stringify } from "yaml";
import { extentOf, holds, isContainer } from "../components/kinds.js";
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
    this.copied = null; // what was last copied here, and the containers it came from, which its text does not say
  }

  chosen() {
    const { model, ui } = this.editor;
    return new Set(ui.state.selection.flatMap((id) => [id, ...model.within(id)]));
  }

  /** The containers of the selected nodes that are not selected themselves, by node. */
  homes() {
    const chosen = this.chosen();
    const parents = [...chosen].map((id) => [id, this.editor.model.node(id)?.parent]);
    return new Map(parents.filter(([, parent]) => parent && !chosen.has(parent)));
  }

  /** The selected nodes with what they hold and the wires between them, in the form of a diagram file. */
  fragment() {
    const { model } = this.editor;
    const chosen = this.chosen();
    const nodes = [...chosen].map((id) => model.node(id)).filter(Boolean);
    const wires = [...model.wires.values()].filter((wire) => chosen.has(wire.source) && chosen.has(wire.target));
    const outside = (node) => (chosen.has(node.parent) ? node : { ...node, parent: null, position: node.parent ? model.absolute(node) : node.position });
    return { quadrille: 1, nodes: nodes.map((node) => fileNode(outside(node))), wires: wires.map(fileWire) };
  }

  copy(data) {
    if (!this.editor.ui.state.selection.length) return false;
    this.copied = { text: stringify(this.fragment()), homes: this.homes() };
    data.setData("text/plain", this.copied.text);
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
    this.insert(found, text.trim() === this.copied?.text.trim() ? this.copied.homes : this.besideSelection(found.nodes));
    return true;
  }

  duplicate() {
    this.insert(this.fragment(), this.homes());
  }

  /** What comes from elsewhere goes into the container whose nodes are selected. */
  besideSelection(nodes) {
    const { model, ui } = this.editor;
    const [parent, ...others] = new Set(ui.state.selection.map((id) => model.node(id)?.parent ?? null));
    return new Map(parent && !others.length ? nodes.map((node) => [node.id, parent]) : []);
  }

  /** The container that takes a node in; none where it is gone or holds no such nodes. */
  home(node, homes) {
    const { model, kinds } = this.editor;
    const found = model.node(homes.get(node.id));
    const kind = kinds.get(found?.kind);
    return kind && isContainer(kind) && holds(kind, kinds.get(node.kind) ?? {}) ? found : null;
  }

  /** A machine has one initial state, a step one compensation, and a compensation one step. */
  ownFields({ compensate_with: undo, config = {}, ...node }, newIds) {
    const { initial: _first, ...others } = config;
    const state = this.editor.kinds.get(node.kind)?.role === "state" && !newIds.has(node.parent);
    return { ...node, config: rewritten(state ? others : config, newIds), ...(newIds.has(undo) ? { compensate_with: newIds.get(undo) } : {}) };
  }

  /** Put a fragment into the draft as one step, with new ids, free names, and references rewritten. */
  insert(fragment, homes) {
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
        const { id, position = {}, size, name, parent, ...rest } = this.ownFields(node, newIds);
        const inside = newIds.has(parent);
        const home = inside ? null : this.home(node, homes);
        const base = home ? model.absolute(home) : { x: 0, y: 0 };
        const shift = inside ? 0 : OFFSET;
        const free = freeName(name || kinds.get(node.kind)?.title || node.kind, names);
        names.push(free);
        const kind = kinds.get(node.kind) ?? {};
        const [w, h] = size ?? (isContainer(kind) ? extentOf(kind) : []);
        const extent = w ? { w, h } : {};
        const at = snapped({ x: (position.x ?? 0) + shift - base.x, y: (position.y ?? 0) + shift - base.y });
        edits.put(newIds.get(id), { ...rest, name: free, ...at, ...extent, parent: inside ? newIds.get(parent) : home?.id });
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
