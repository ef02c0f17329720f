// Says in a sentence what is wanted, or asks for help with a failed node, and chooses who answers.

import { useEffect, useRef, useState } from "react";
import { Button, Dialog, TextArea } from "@radix-ui/themes";
import { api, entries } from "../components/api.js";
import { useEditor, useModel, useUi } from "./hooks.js";
import { propose } from "./proposal.js";
import { Refused } from "./Refused.jsx";
import { remembered } from "./ui.js";

const EXAMPLES = ["Make me a workflow that answers support mails, with an approval before anything is sent.", "For each row of a list, work out a price and add them up.", "Approve invoices, and undo the payment when the bank refuses it."];

/** The chat models that would answer now; none of them writes anything offline. */
function useModels() {
  const [models, setModels] = useState(null);
  useEffect(() => {
    let gone = false;
    api.get("/models?kind=chat").then((found) => !gone && setModels(entries(found).filter((model) => !model.offline && model.available)), () => !gone && setModels([]));
    return () => {
      gone = true;
    };
  }, []);
  return models;
}

/** The field for the name of a provider's model, where the provider lists none. */
function ModelField({ models, model, setModel, offline }) {
  const [provider, named] = model.split(":", 2);
  const open = models.find((one) => one.name === `${provider}:MODEL`);
  return (
    <div className="qe-describe-model">
      <label>
        <span>Who answers</span>
        <select className="qe-select" aria-label="Who answers" data-testid="describe-model" value={open ? open.name : model} onChange={(event) => setModel(event.target.value)}>
          <option value="">{offline}</option>
          {models.map((one) => <option key={one.name} value={one.name}>{one.title}</option>)}
        </select>
      </label>
      {open && <input className="qe-select" aria-label="Name of the model" placeholder="Name of the model" value={named === "MODEL" ? "" : named} onChange={(event) => setModel(`${provider}:${event.target.value || "MODEL"}`)} />}
    </div>
  );
}

function Failed({ failure }) {
  const node = useModel((model) => model.node(failure.node_id));
  return (
    <div className="qe-describe-failure" data-testid="describe-failure">
      <strong>{node?.name || failure.node_id} failed</strong>
      <span>{failure.message}</span>
    </div>
  );
}

/** An answer without changes: what was said, and templates to begin with. */
function Told({ answer, onTemplate }) {
  return (
    <div className="qe-describe-told" role="status" data-testid="describe-told">
      <p>{answer.told}</p>
      {answer.source === "templates" && answer.choices.length > 0 && answer.before.nodes.length <= 2 && (
        <div className="qe-samples" role="group" aria-label="Templates">
          {answer.choices.map((one) => <button key={one.name} type="button" className="qk-chip qe-chip" onClick={() => onTemplate(one.name)}>{one.title}</button>)}
        </div>
      )}
    </div>
  );
}

function useAsking(editor) {
  const [state, setState] = useState({ busy: false, answer: null, refused: null });
  const running = useRef(null);
  useEffect(() => () => running.current?.abort(), []);
  const ask = async (wanted) => {
    running.current?.abort();
    const mine = new AbortController();
    running.current = mine;
    setState({ busy: true, answer: null, refused: null });
    try {
      const answer = await propose(editor, wanted, mine.signal);
      setState({ busy: false, answer, refused: null });
    } catch (refused) {
      if (refused.name !== "AbortError") setState({ busy: false, answer: null, refused });
    }
  };
  return [state, ask];
}

export default function DescribeDialog({ close }) {
  const editor = useEditor();
  const { failure, sentence: before } = useUi((ui) => ui.describing) ?? {};
  const [sentence, setSentence] = useState(before ?? "");
  const models = useModels();
  const [chosen, setChosen] = useState(null);
  const [{ busy, answer, refused }, ask] = useAsking(editor);
  const last = remembered.get("describe-model", "");
  const model = chosen ?? (models?.some((one) => one.name === last || one.name.replace("MODEL", "") === `${last.split(":")[0]}:`) ? last : (models?.find((one) => !one.name.endsWith(":MODEL"))?.name ?? ""));
  const unnamed = model.endsWith(":MODEL");
  const submit = (event) => {
    event.preventDefault();
    remembered.set("describe-model", model);
    ask({ sentence, model, ...(failure ? { failure } : {}) });
  };
  return (
    <form onSubmit={submit}>
      <Dialog.Title size="4">{failure ? "Ask assistant" : "Describe it"}</Dialog.Title>
      <Dialog.Description size="2" color="gray">{failure ? "What went wrong, and a change that may mend it. You choose what of it is taken over." : "Say what the workflow should do, or what should change. You see every change before it is taken over."}</Dialog.Description>
      {failure && <Failed failure={failure} />}
      <TextArea mt="3" rows={failure ? 2 : 4} autoFocus maxLength={4000} data-testid="describe-sentence" placeholder={failure ? "Anything to add? (optional)" : EXAMPLES[0]} aria-label="What you want" value={sentence} onChange={(event) => setSentence(event.target.value)} />
      {!failure && !sentence && (
        <div className="qe-samples" role="group" aria-label="Examples">
          {EXAMPLES.slice(1).map((text) => <button key={text} type="button" className="qk-chip qe-chip" onClick={() => setSentence(text)}>{text}</button>)}
        </div>
      )}
      <ModelField models={models ?? []} model={model} setModel={setChosen} offline={failure ? "Rules for known errors (offline)" : "The nearest template (offline)"} />
      {model && !unnamed && <p className="qe-muted qe-describe-note">The diagram goes to this model, without pinned outputs, samples, notes and secrets.</p>}
      {answer && !answer.changes.length && <Told answer={answer} onTemplate={(template) => ask({ sentence, template })} />}
      <Refused problem={refused} close={close} />
      <div className="qe-dialog-foot">
        {busy && <span className="qe-muted" role="status">{model ? "The model draws …" : "Looking …"}</span>}
        <Button type="button" variant="soft" color="gray" onClick={close}>{busy ? "Stop" : "Cancel"}</Button>
        <Button type="submit" data-testid="describe-ask" loading={busy} disabled={unnamed || (!failure && !sentence.trim())}>{failure ? "Help me" : "Propose"}</Button>
      </div>
    </form>
  );
}
