// The history of a workflow: who made which version when, with its picture, and what can be done with it.

import { memo, useEffect, useState } from "react";
import { Button } from "@radix-ui/themes";
import { Icon } from "../components/icons.jsx";
import { called, copyLink, evaluationOf, loadHistory, look, pictureOf, restore } from "./history.js";
import { useEditor, useUi } from "./hooks.js";

const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

function useHistory(editor) {
  const asked = useUi((ui) => ui.historyAt ?? 0);
  const [found, setFound] = useState({});
  useEffect(() => {
    let gone = false;
    loadHistory(editor).then(
      (history) => !gone && setFound(history),
      (problem) => !gone && setFound({ problem }),
    );
    return () => {
      gone = true;
    };
  }, [editor, asked]);
  return found;
}

function Scores({ scores }) {
  const editor = useEditor();
  return [...(scores?.values() ?? [])].map((one) => (
    <a key={one.id} className="qe-version-score" href={evaluationOf(editor, one)} title={`${one.passed} of ${one.cases} cases of “${one.set_name}” pass`}>
      <Icon name="list-checks" size={13} /> {one.set_name} <b>{one.score.toFixed(2)}</b>
    </a>
  ));
}

function Entry({ version, who, live, scores }) {
  const editor = useEditor();
  const [busy, setBusy] = useState(false);
  const act = async () => {
    setBusy(true);
    await restore(editor, version).catch((problem) => editor.ui.hint(problem.message, "error"));
    setBusy(false);
  };
  return (
    <li className="qe-version" data-testid={`version-${version.number ?? version.name}`}>
      <button type="button" className="qe-version-picture" aria-label={`Look at ${called(version)}`} onClick={() => look(editor, { after: version.id })}>
        <img src={pictureOf(editor, version)} alt="" loading="lazy" />
      </button>
      <div className="qe-version-words">
        <b className="qc-clip" title={called(version)}>{called(version)}{live && <span className="qc-badge">live</span>}</b>
        {version.message && <p title={version.message}>{version.message}</p>}
        <small>{who} · <time dateTime={version.created_at}>{MOMENT.format(new Date(version.created_at))}</time></small>
        <Scores scores={scores} />
        <span className="qe-version-acts">
          <Button size="1" variant="soft" onClick={() => look(editor, { before: version.id, after: "draft" })}>Compare</Button>
          {editor.draft.canEdit && <Button size="1" variant="soft" color="gray" loading={busy} onClick={act}>Restore</Button>}
          <button type="button" className="qe-tool" title="Copy a link to this version" aria-label={`Copy a link to ${called(version)}`} onClick={() => copyLink(editor, version)}><Icon name="link" size={14} /></button>
        </span>
      </div>
    </li>
  );
}

function List() {
  const editor = useEditor();
  const { versions, people, scores, problem } = useHistory(editor);
  const published = versions?.find((version) => version.number);
  if (problem) return <p className="qe-none" role="alert">{problem.message}</p>;
  if (!versions) return <p className="qe-none" aria-busy="true">Loading …</p>;
  if (!versions.length) return <p className="qe-none">No version yet. Press Ctrl+S to name what is drawn now, or publish it.</p>;
  return (
    <ol className="qe-versions">
      {versions.map((version) => (
        <Entry key={version.id} version={version} who={people.get(version.created_by) ?? "Somebody"} live={version.id === published?.id} scores={scores.get(version.id)} />
      ))}
    </ol>
  );
}

export const HistoryPanel = memo(function HistoryPanel() {
  const editor = useEditor();
  const open = useUi((ui) => ui.history);
  if (!open) return null;
  return (
    <section className="qe-panel qe-float qe-history" aria-label="History" data-testid="history">
      <header className="qe-panel-head">
        <h2>History</h2>
        <span className="qe-space" />
        <a className="qe-tool" href={evaluationOf(editor)} title="Evaluate versions" aria-label="Evaluate versions"><Icon name="list-checks" /></a>
        {editor.draft.canEdit && <Button size="1" variant="soft" onClick={() => editor.run("name-version")}>Name this version</Button>}
        <button type="button" className="qe-tool" aria-label="Close the history" onClick={() => editor.ui.set({ history: false })}><Icon name="x" /></button>
      </header>
      <div className="qe-panel-body"><List /></div>
    </section>
  );
});
