// Copy, cut, paste and duplicate: what goes through the clipboard is a diagram as YAML, readable anywhere.

import { extentOf, holds, isContainer } from "../components/kinds.js";
import { bare, fetchYaml, fileNode, fileWire, hasYaml, mayBeFragment, readFragment, rewritten, textOf } from "./fragment.js";
import { CARD, containerAt, freeId, freeName, shownNames, snapped } from "./placing.js";

const OFFSET = 32;

export class Clipboard {
  constructor(editor) {
    this.editor = editor;
    this.copied = null; // what was last copied here, with what its text does not say: its containers, and who led to it
    this.pastedAt = null;
    this.withWires = false; // the next paste keeps the wires that led to what was copied
  }

  chosen(ids = this.editor.ui.state.selection) {
    const { model } = this.editor;
    return new Set(ids.flatMap((id) => [id, ...model.within(id)]));
  }

  /** The containers and groups of these nodes that are not among them, by node. */
  homes(chosen) {
    const { model } = this.editor;
    const parents = [...chosen].map((id) => [id, model.node(id)?.parent]);
    return new Map(parents.filter(([, parent]) => parent && !chosen.has(parent)));
  }

  /** The nodes with what they hold and the wires between them, in the form of a diagram file. */
  fragment(chosen = this.chosen()) {
    const { model } = this.editor;
    const nodes = [...chosen].map((id) => model.node(id)).filter(Boolean);
    const wires = [...model.wires.values()].filter((wire) => chosen.has(wire.source) && chosen.has(wire.target));
    const outside = ({ group, ...node }) => {
      const kept = chosen.has(group) ? { ...node, group } : node;
      return chosen.has(node.parent) ? kept : { ...kept, parent: null, position: node.parent ? model.absolute(node) : node.position };
    };
    return { nodes: nodes.map(outside).map(bare), wires };
  }

  text(chosen) {
    const { nodes, wires } = this.fragment(chosen);
    return textOf({ nodes: nodes.map(fileNode), ...(wires.length ? { wires: wires.map(fileWire) } : {}) });
  }

  /** Remember what is copied; gives its text. */
  take() {
    const { model, ui } = this.editor;
    if (!ui.state.selection.length) return "";
    const chosen = this.chosen();
    const incoming = [...model.wires.values()].filter((wire) => chosen.has(wire.target) && !chosen.has(wire.source));
    this.copied = { text: this.text(chosen), homes: this.homes(chosen), incoming };
    this.pastedAt = null;
    ui.hint(`${ui.state.selection.length} copied as YAML.`);
    return this.copied.text;
  }

  copy(data) {
    const text = this.take();
    if (text) data.setData("text/plain", text);
    return Boolean(text);
  }

  cut(data) {
    if (!this.editor.draft.canEdit || !this.copy(data)) return false;
    this.editor.edits.remove(this.editor.ui.state.selection);
    return true;
  }

  paste(data) {
    const withWires = this.withWires;
    this.withWires = false;
    return this.pasteText(data.getData("text/plain"), { withWires });
  }

  /** True when the text was meant for the canvas. */
  pasteText(text, { withWires = false } = {}) {
    const { draft, ui } = this.editor;
    if (!draft.canEdit || !mayBeFragment(text)) return false;
    if (!hasYaml()) {
      const offline = () => ui.hint("What reads pasted text could not be loaded. Paste again when you are online.", "warning");
      fetchYaml().then(() => this.pasteText(text, { withWires }), offline);
      return true;
    }
    let found;
    try {
      found = readFragment(text);
    } catch (error) {
      ui.hint(`The clipboard holds no diagram: ${error.message.split("\n")[0]}`, "warning");
      return true;
    }
    if (!found) return false;
    const own = text.trim() === this.copied?.text.trim() ? this.copied : null;
    this.insert(found, { ...this.place(found, own), incoming: withWires ? (own?.incoming ?? []) : [] });
    return true;
  }

  duplicate() {
    const chosen = this.chosen();
    this.insert(this.fragment(chosen), { homes: this.homes(chosen), shift: { x: OFFSET, y: OFFSET } });
  }

  /** Copies of these nodes where somebody dropped them; the nodes themselves stay. */
  duplicateTo(ids, shift, holder) {
    const chosen = this.chosen(ids);
    const homes = ids.map((id) => [id, holder(this.editor.kinds.get(this.editor.model.node(id)?.kind) ?? {})?.id]);
    return this.insert(this.fragment(chosen), { homes: new Map(homes.filter(([, home]) => home)), shift });
  }

  /** Where pasted nodes go: to the pointer, and into the container there; without a pointer beside what was copied. */
  place({ nodes }, own) {
    const { model, kinds, pointer } = this.editor;
    const ids = new Set(nodes.map((node) => node.id));
    const tops = nodes.filter((node) => !ids.has(node.parent));
    if (!pointer) return { homes: own?.homes ?? this.besideSelection(nodes), shift: { x: OFFSET, y: OFFSET } };
    const again = this.pastedAt && Math.abs(this.pastedAt.x - pointer.x) + Math.abs(this.pastedAt.y - pointer.y) < 4;
    const more = again ? this.pastedAt.times * OFFSET : 0;
    this.pastedAt = { ...pointer, times: again ? this.pastedAt.times + 1 : 1 };
    const [left, top] = [Math.min(...tops.map((node) => node.position.x)), Math.min(...tops.map((node) => node.position.y))];
    const right = Math.max(...tops.map((node) => node.position.x + (node.size?.[0] ?? CARD.width)));
    const bottom = Math.max(...tops.map((node) => node.position.y + (node.size?.[1] ?? CARD.height)));
    const shift = { x: pointer.x - (left + right) / 2 + more, y: pointer.y - (top + bottom) / 2 + more };
    const homes = tops.map((node) => [node.id, containerAt(model, kinds, pointer, kinds.get(node.kind) ?? {})?.id]);
    return { homes: new Map(homes.filter(([, home]) => home)), shift };
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
  ownFields({ compensate_with: undo, group, config = {}, ...node }, newIds) {
    const { initial: _first, ...others } = config;
    const state = this.editor.kinds.get(node.kind)?.role === "state" && !newIds.has(node.parent);
    const kept = Object.entries({ compensate_with: newIds.get(undo), group: newIds.get(group) }).filter(([, value]) => value);
    return { ...node, config: rewritten(state ? others : config, newIds), ...Object.fromEntries(kept) };
  }

  /** States stand in machines only, and exits in states: elsewhere they are left out, with what they hold. */
  fitting(fragment, homes) {
    const { kinds, ui } = this.editor;
    const ids = new Set(fragment.nodes.map((node) => node.id));
    const roleOf = (node) => kinds.get(node?.kind)?.role;
    const misplaced = (node) => {
      if (ids.has(node.parent)) return false;
      const around = roleOf(this.home(node, homes));
      return (roleOf(node) === "state" && around !== "machine") || (roleOf(node) === "exit" && around !== "state");
    };
    const out = new Set(fragment.nodes.filter(misplaced).map((node) => node.id));
    if (!out.size) return fragment;
    for (const id of out) for (const node of fragment.nodes) if (node.parent === id) out.add(node.id);
    ui.hint(`${out.size} left out: a state stands in a state machine only, an exit in a state.`, "warning");
    return { nodes: fragment.nodes.filter((node) => !out.has(node.id)), wires: fragment.wires };
  }

  newIds(nodes) {
    const { draft } = this.editor;
    const newIds = new Map();
    const taken = new Set();
    for (const { id: old } of nodes) {
      const id = freeId(old, (one) => draft.nodes.has(one) || taken.has(one));
      newIds.set(old, id);
      taken.add(id);
    }
    return newIds;
  }

  /** Put a fragment into the draft as one step, with new ids, free names, and references rewritten. */
  insert(given, { homes, shift, incoming = [] }) {
    const { draft, edits, model, kinds } = this.editor;
    const fragment = this.fitting(given, homes);
    if (!fragment.nodes.length) return [];
    const newIds = this.newIds(fragment.nodes);
    const names = shownNames(model, kinds);
    const placed = new Map(fragment.nodes.map((node) => [node.id, newIds.has(node.parent) ? newIds.get(node.parent) : (this.home(node, homes)?.id ?? null)]));
    draft.edit(() => {
      for (const node of fragment.nodes) {
        const { id, position, size, name, parent, ...rest } = this.ownFields(node, newIds);
        const inside = newIds.has(parent);
        if (node.group && placed.get(node.group) !== placed.get(id)) delete rest.group;
        const home = inside ? null : model.node(placed.get(id));
        const base = home ? model.absolute(home) : { x: 0, y: 0 };
        const free = freeName(name || kinds.get(node.kind)?.title || node.kind, names);
        names.push(free);
        const kind = kinds.get(node.kind) ?? {};
        const [w, h] = size ?? (isContainer(kind) ? extentOf(kind) : []);
        const at = snapped({ x: position.x + (inside ? 0 : shift.x - base.x), y: position.y + (inside ? 0 : shift.y - base.y) });
        edits.put(newIds.get(id), { ...rest, name: free, ...at, ...(w ? { w, h } : {}), parent: placed.get(id) ?? undefined });
      }
      for (const wire of fragment.wires ?? []) {
        const ends = [wire.source, wire.target];
        if (ends.every((end) => newIds.has(end)) && placed.get(ends[0]) === placed.get(ends[1])) edits.putWire(newIds.get(ends[0]), wire.source_port ?? "out", newIds.get(ends[1]), { label: wire.label ?? "" });
      }
      for (const wire of incoming) {
        const source = model.node(wire.source);
        if (source && newIds.has(wire.target) && (source.parent ?? null) === placed.get(wire.target)) edits.putWire(wire.source, wire.source_port, newIds.get(wire.target), { label: wire.label });
      }
    });
    const tops = fragment.nodes.filter((node) => !newIds.has(node.parent) && !newIds.has(node.group)).map((node) => newIds.get(node.id));
    this.editor.select(tops);
    return tops;
  }
}
