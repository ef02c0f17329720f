// Everything a person can do to the draft; each verb is one transaction and one undo step.

import * as Y from "yjs";
import { wireKey } from "../components/flow.js";
import { extentOf, hasInput, isContainer, portsOf } from "../components/kinds.js";
import { forget, withMembers } from "./groups.js";
import { CARD, freeId, freeName, GRID, shownNames, snapped } from "./placing.js";

const GAP = 56;
const SMALL = new Set(["x", "y", "w", "h"]);

export class Edits {
  constructor(draft, model, kinds) {
    Object.assign(this, { draft, model, kinds });
  }

  kindOf(id) {
    return this.kinds.get(this.model.node(id)?.kind);
  }

  put(id, fields) {
    const map = new Y.Map();
    const { config = {}, ...rest } = fields;
    for (const [key, value] of Object.entries(rest)) if (value !== undefined) map.set(key, value);
    const inner = new Y.Map();
    for (const [key, value] of Object.entries(config)) inner.set(key, value);
    map.set("config", inner);
    this.draft.nodes.set(id, map);
  }

  putWire(source, port, target, extra = {}) {
    const key = wireKey(source, port, target);
    if (this.draft.wires.has(key)) return;
    const map = new Y.Map();
    const fields = { source, source_port: port, target, target_port: "in", label: "", ...extra };
    for (const [name, value] of Object.entries(fields)) map.set(name, value);
    this.draft.wires.set(key, map);
  }

  /** Add a node; with `from` it is wired from that port, with `wire` it is put into that wire. Returns its id. */
  add(kindName, { at, parent = null, from = null, into = null, wire = null, size = null }) {
    const kind = this.kinds.get(kindName);
    if (!kind || !this.draft.canEdit) return null;
    const id = freeId(kindName, (taken) => this.draft.nodes.has(taken));
    const name = freeName(kind.title, shownNames(this.model, this.kinds));
    const place = snapped(wire ? this.besideSource(wire, at) : at);
    const extent = isContainer(kind) || size ? { w: size?.[0] ?? extentOf(kind)[0], h: size?.[1] ?? extentOf(kind)[1] } : {};
    const port = portsOf(kind, { config: {} })[0];
    this.draft.edit(() => {
      this.put(id, { kind: kindName, kind_version: kind.version ?? 1, name, ...place, ...extent, parent: parent ?? undefined, config: this.firstConfig(kind, parent) });
      if (from && hasInput(kind)) this.putWire(from.node, from.port, id);
      if (into && port) this.putWire(id, port, into.node);
      if (wire) this.splice(wire, id, kind, port);
    });
    return id;
  }

  /** The first state of a machine is its initial one. */
  firstConfig(kind, parent) {
    const others = kind.role === "state" && this.model.children(parent).some((node) => this.kinds.get(node.kind)?.role === "state");
    return kind.role === "state" && parent && !others ? { initial: true } : {};
  }

  /** A node put into a short wire stands right of the wire's source instead of on it. */
  besideSource(wire, at) {
    const source = this.model.node(this.model.wires.get(wire)?.source);
    if (!source || Math.abs(source.position.y - at.y) > CARD.height) return at;
    const free = source.position.x + (source.size?.[0] ?? CARD.width) + GAP;
    return at.x < free ? { x: free, y: source.position.y } : at;
  }

  /** Put a node that stands already into a wire. */
  spliceIn(wire, id) {
    const kind = this.kindOf(id);
    this.draft.edit(() => this.splice(wire, id, kind, portsOf(kind, this.model.node(id))[0]));
  }

  /** Take a node out of its wires; its neighbours are joined where it had one on each side. */
  pullOut(id) {
    this.draft.edit(() => {
      this.heal(id);
      for (const wire of this.model.wiresOf(id)) this.draft.wires.delete(wire.id);
    });
  }

  splice(wire, id, kind, port) {
    const old = this.model.wires.get(wire);
    if (!old || !hasInput(kind) || !port) return;
    this.draft.wires.delete(wire);
    this.putWire(old.source, old.source_port, id, { label: old.label });
    this.putWire(id, port, old.target);
    this.makeRoom(id, old.target);
  }

  /** Shift what comes after an inserted node to the right where it would lie under it. */
  makeRoom(id, next) {
    const at = this.draft.nodes.get(id)?.get("x");
    const target = this.model.node(next);
    const missing = at + CARD.width + GAP - (target?.position.x ?? Infinity);
    if (!(missing > 0)) return;
    const by = Math.ceil(missing / GRID) * GRID;
    for (const node of this.model.nodes.values()) {
      const after = node.id === next || this.model.leads(next, node.id);
      if (after && node.parent === target.parent) this.draft.nodes.get(node.id).set("x", node.position.x + by);
    }
  }

  connect(source, port, target) {
    this.draft.edit(() => this.putWire(source, port, target));
  }

  /** What stands on a wire, such as the condition of its branch. */
  label(wire, text) {
    const map = this.draft.wires.get(wire);
    if (map && map.get("label") !== text) this.draft.edit(() => map.set("label", text));
  }

  reconnect(wire, source, port, target) {
    if (wire === wireKey(source, port, target)) return;
    const label = this.model.wires.get(wire)?.label ?? "";
    this.draft.edit(() => {
      this.draft.wires.delete(wire);
      this.putWire(source, port, target, { label });
    });
  }

  /** Positions at the end of a drag: `moves` is a list of {id, x, y, parent?}; a new parent cuts wires across its border. */
  move(moves, burst = null) {
    this.draft.edit(() => {
      for (const { id, x, y, parent } of withMembers(this.model, moves)) {
        const map = this.draft.nodes.get(id);
        if (!map) continue;
        map.set("x", x);
        map.set("y", y);
        if (parent === undefined || parent === (map.get("parent") ?? null)) continue;
        if (parent === null) map.delete("parent");
        else map.set("parent", parent);
        map.delete("group");
        this.cutAcross(id, parent);
      }
    }, burst);
  }

  /** Places and sizes of a layout, `{id, x, y, w?, h?}`; false when nothing moved. */
  arrange(places) {
    const changed = places.filter(({ id, ...place }) => Object.entries(place).some(([key, value]) => this.draft.nodes.get(id)?.get(key) !== value));
    this.draft.edit(() => {
      for (const { id, ...place } of changed) for (const [key, value] of Object.entries(place)) this.draft.nodes.get(id)?.set(key, value);
    });
    return changed.length > 0;
  }

  cutAcross(id, parent) {
    for (const wire of this.model.wiresOf(id)) {
      const other = this.draft.nodes.get(wire.source === id ? wire.target : wire.source);
      if ((other?.get("parent") ?? null) !== parent) this.draft.wires.delete(wire.id);
    }
  }

  resize(id, { x, y, width, height }) {
    this.draft.edit(() => {
      const map = this.draft.nodes.get(id);
      for (const [key, value] of Object.entries({ x, y, w: width, h: height })) map?.set(key, value);
    }, `size:${id}`);
  }

  /** Remove nodes with all they hold, and wires. A lone node in the middle of a chain heals it, unless told not to. */
  remove(nodeIds, wireIds = [], heal = true) {
    const all = new Set(nodeIds.flatMap((id) => [id, ...this.model.within(id)]));
    if (!all.size && !wireIds.length) return;
    this.draft.edit(() => {
      if (heal && all.size === 1 && !wireIds.length) this.heal([...all][0]);
      forget(this.draft, all);
      for (const wire of this.model.wires.values()) {
        if (all.has(wire.source) || all.has(wire.target)) this.draft.wires.delete(wire.id);
      }
      for (const id of wireIds) this.draft.wires.delete(id);
      for (const id of all) this.draft.nodes.delete(id);
    });
  }

  heal(id) {
    const into = this.model.into(id);
    const out = this.model.outOf(id);
    if (into.length !== 1 || out.length !== 1 || into[0].source === out[0].target) return;
    this.putWire(into[0].source, into[0].source_port, out[0].target, { label: into[0].label });
  }

  /** A field of the node itself: name, note, retry, timeout_seconds, on_error, disabled, … */
  set(id, field, value) {
    const map = this.draft.nodes.get(id);
    if (!map || SMALL.has(field)) return;
    this.draft.edit(() => {
      if (value === undefined || value === null) map.delete(field);
      else map.set(field, value);
      if (field === "on_error" && value !== "route") this.draft.wires.forEach((wire, key) => {
        if (wire.get("source") === id && wire.get("source_port") === "error") this.draft.wires.delete(key);
      });
    }, `${id}.${field}`);
  }

  /** The same value in a field of several nodes. */
  setAll(ids, field, value) {
    this.draft.edit(() => {
      for (const id of ids) {
        if (value === undefined) this.draft.nodes.get(id)?.delete(field);
        else this.draft.nodes.get(id)?.set(field, value);
      }
    });
  }

  /** A field of the node's settings; wires of renamed ports follow, those of vanished ports go. */
  setConfig(id, field, value) {
    const config = this.draft.nodes.get(id)?.get("config");
    const kind = this.kindOf(id);
    if (!config || !kind) return;
    const before = portsOf(kind, this.model.node(id));
    this.draft.edit(() => {
      if (value === undefined) config.delete(field);
      else config.set(field, value);
      if (field === kind.ports?.each) this.followPorts(id, kind, before);
    }, `${id}.config.${field}`);
  }

  followPorts(id, kind, before) {
    const plain = { ...this.model.node(id), config: this.draft.nodes.get(id).get("config").toJSON() };
    const after = portsOf(kind, plain);
    for (const wire of this.model.outOf(id)) {
      if (after.includes(wire.source_port)) continue;
      const renamed = after.length === before.length ? after[before.indexOf(wire.source_port)] : undefined;
      if (after.length >= before.length && !renamed) continue;
      this.draft.wires.delete(wire.id);
      if (renamed && !before.includes(renamed)) this.putWire(id, renamed, wire.target, { label: wire.label });
    }
  }

  rename(name) {
    this.draft.edit(() => this.draft.meta.set("name", name), "meta.name");
  }

  /** How many steps of a run may be at work at once; none means as many as there are. */
  setMaxParallel(count) {
    this.draft.edit(() => (count ? this.draft.meta.set("max_parallel", count) : this.draft.meta.delete("max_parallel")));
  }

  setSample(name, value) {
    this.draft.edit(() => (value === undefined ? this.draft.samples.delete(name) : this.draft.samples.set(name, value)));
  }

  toggleDisabled(ids) {
    const on = !ids.every((id) => this.model.node(id)?.disabled);
    this.draft.edit(() => {
      for (const id of ids) this.draft.nodes.get(id)?.set("disabled", on);
    });
  }
}
