// What each node got and gave last, as the server tells it: of the newest runs, or of one that somebody has chosen.

import { api } from "../components/api.js";

const PAUSE = 500;
const NOTHING = Object.freeze({ runId: null, chosen: null, input: undefined, nodes: new Map() });

export class RunData {
  constructor(editor) {
    this.editor = editor;
    this.state = NOTHING;
    this.versions = new Map(); // diagrams by the id of their version, as they were when the data came
    this.listeners = new Set();
    this.took = 0;
    this.stops = [editor.live.subscribe("run", () => this.soon()), editor.live.subscribe("events", () => this.soon())];
    this.soon();
  }

  subscribe = (listener) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  get = () => this.state;
  node = (id) => this.state.nodes.get(id);

  /** What a node gives as far as it is known: its pin, else its last output; undefined for nothing. */
  output(id) {
    const node = this.editor.model.node(id);
    if (node?.pinned != null) return node.pinned;
    if (node?.mock && node.mock.source !== "last_run" && node.mock.source !== "model") return node.mock.output;
    const known = this.node(id);
    return known && known.output != null && !known.redacted ? known.output : undefined;
  }

  /** Outputs by node, for those that want them all. */
  samples() {
    const ids = [...this.editor.model.nodes.keys()];
    const start = ids.find((id) => this.editor.kinds.get(this.editor.model.node(id).kind)?.role === "start");
    const found = new Map(ids.map((id) => [id, this.output(id)]).filter(([, value]) => value !== undefined));
    if (start && this.state.input != null) found.set(start, this.state.input);
    return found;
  }

  /** Take the data of this run alone, or with none that of the newest runs. */
  use(runId) {
    this.put({ ...this.state, chosen: runId ?? null });
    return this.load();
  }

  soon() {
    if (this.timer || !this.editor.me.may("run.read")) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.load();
    }, Math.max(PAUSE, 4 * this.took)); // what takes long is not asked often
  }

  async load() {
    const { chosen } = this.state;
    const began = performance.now();
    const found = await api.get(`/workflows/${this.editor.workflowId}/data${chosen ? `?run=${encodeURIComponent(chosen)}` : ""}`).catch(() => null);
    this.took = performance.now() - began;
    if (!found || this.editor.gone || chosen !== this.state.chosen) return;
    const nodes = new Map(found.items.map((item) => [item.node_id, Object.freeze(item)]));
    await Promise.all([...new Set(found.items.map((item) => item.version_id))].map((id) => this.version(id)));
    this.put({ ...this.state, runId: found.run_id, input: found.input, nodes });
  }

  async version(id) {
    if (this.versions.has(id)) return;
    const found = await api.get(`/workflows/${this.editor.workflowId}/versions/${id}`).catch(() => null);
    if (found?.diagram) this.versions.set(id, found.diagram);
  }

  put(state) {
    this.state = Object.freeze(state);
    for (const listener of [...this.listeners]) listener();
  }

  destroy() {
    clearTimeout(this.timer);
    this.stops.forEach((stop) => stop());
  }
}
