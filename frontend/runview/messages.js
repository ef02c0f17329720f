// Who said what to whom, read from the history: what a model of an agent said, the tools it called, what those gave, and
// what agents of one step said to each other.
import { stepKey } from "./fold.js";
import { goesOn, talksOf } from "./talk.js";

const SHORT = 600;
const HAND_OVER = "hand_over"; // told as messages, with who was chosen and how
const DECIDES = new Set(["task", "hands_over", "judges"]);

/** The messages of these events, in their order. Pure. */
export function messagesOf(events, diagram, names) {
  const nodes = new Set(diagram.nodes.map((node) => node.id));
  const nameOf = (id) => names.get(id) ?? id;
  const found = [];
  const together = new Set(events.filter((event) => event.kind === "agent.message").map(stepKey)); // steps of several agents
  const rounds = roundsOf(events);
  for (const event of events) {
    const here = nameOf(event.data?.who ?? event.node_id);
    if (event.kind === "agent.message") {
      if (event.data.sort) found.push({ ...messageOf(event, nameOf), round: rounds.get(event.seq) });
    } else if (event.kind === "agent.said") {
      const calls = (event.data.calls ?? []).filter((call) => call.tool !== HAND_OVER || !together.has(stepKey(event)));
      const base = { seq: event.seq, at: event.at, event, model: event.data.model };
      if (together.has(stepKey(event)) && (event.data.who !== event.node_id || event.data.calls?.length) && !calls.length) continue;
      if (!calls.length) found.push({ ...base, id: `${event.seq}`, from: here, to: nextOf(diagram, event.node_id, nameOf), text: event.data.text ?? "", reason: "" });
      calls.forEach((call, n) => found.push({ ...base, id: `${event.seq}.${n}`, ...calling(call, here, n === 0 ? event.data.text : "", nodes, nameOf) }));
    } else if (event.kind === "tool.answered") {
      const text = event.data.result === undefined ? "" : said(event.data.result);
      found.push({ id: `${event.seq}`, seq: event.seq, at: event.at, event, from: toolName(event.data.tool, nodes, nameOf), to: here, text, reason: "", wrong: event.data.ok === false });
    }
  }
  return found;
}

/** The rounds of what was said in rounds, by the event's number. */
function roundsOf(events) {
  const talks = [...talksOf(events).values()].filter((talk) => !goesOn(talk));
  return new Map(talks.flat().map((one) => [one.seq, one.round]));
}

/** What one agent of a step says to another. */
function messageOf(event, nameOf) {
  const { sort, from, to, text, reason, chosen, ok } = event.data;
  const why = [chosen ? reason.replace(/\.$/, "") : reason, chosen && chosen !== "named" ? chosen : ""].filter(Boolean).join(" · ");
  return { id: `${event.seq}`, seq: event.seq, at: event.at, event, from: nameOf(from), to: to === "all" ? "all" : nameOf(to), text, reason: why, decides: DECIDES.has(sort), wrong: ok === false };
}

/** A call of a tool; one that hands work on says to whom, what, and why. */
function calling(call, here, text, nodes, nameOf) {
  const given = call.arguments && typeof call.arguments === "object" ? call.arguments : {};
  const target = given.agent ?? given.to ?? given.next;
  const decides = typeof target === "string" || typeof given.reason === "string";
  const what = given.task ?? given.message ?? given.question;
  return {
    from: here,
    to: typeof target === "string" ? nameOf(target) : toolName(call.tool, nodes, nameOf),
    text: [text, typeof what === "string" ? what : said(call.arguments)].filter(Boolean).join("\n"),
    reason: typeof given.reason === "string" ? given.reason : "",
    decides,
  };
}

const toolName = (tool, nodes, nameOf) => (nodes.has(tool) ? nameOf(tool) : tool);

/** To whom an answer goes: the nodes behind it. */
function nextOf(diagram, id, nameOf) {
  const next = diagram.wires.filter((wire) => wire.source === id).map((wire) => nameOf(wire.target));
  return [...new Set(next)].slice(0, 3).join(", ") || "the run";
}

function said(value) {
  if (value === undefined || value === null) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > SHORT ? `${text.slice(0, SHORT)} …` : text;
}

/** Both directions between two are one conversation. */
export const pairOf = (message) => [message.from, message.to].sort().join(" ↔ ");
