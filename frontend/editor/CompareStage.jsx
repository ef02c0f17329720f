// A version, or the difference between two, in the place of the draft.

import { memo, useCallback, useEffect, useMemo, useState } from "react";
import { Button, Switch } from "@radix-ui/themes";
import { drawable } from "../components/flow.js";
import { Icon } from "../components/icons.jsx";
import { ChangeList } from "./ChangeList.jsx";
import { CompareCanvas } from "./CompareCanvas.jsx";
import { called, compared, copyLink, leave, loadHistory, look, restore } from "./history.js";
import { useEditor, useUi } from "./hooks.js";
import { shownOf, unitedFlow } from "./united.js";

const PAUSE = 800;
const HOWS = ["added", "removed", "changed", "moved"];

/** What the server found; asked again a moment after the draft has changed. */
function useCompared(editor, wanted) {
  const [found, setFound] = useState(null);
  useEffect(() => {
    let gone = false;
    let timer = null;
    const ask = () => compared(editor, wanted).then(
      (told) => !gone && setFound({ ...told, before: told.before && drawable(told.before), after: drawable(told.after) }),
      (problem) => !gone && setFound({ problem }),
    );
    setFound(null);
    ask();
    const ofDraft = wanted.before === "draft" || wanted.after === "draft";
    const stop = ofDraft && editor.model.subscribe(() => {
      clearTimeout(timer);
      timer = setTimeout(ask, PAUSE);
    });
    return () => {
      gone = true;
      clearTimeout(timer);
      if (stop) stop();
    };
  }, [editor, wanted]);
  return found;
}

function useVersions(editor) {
  const [versions, setVersions] = useState([]);
  const asked = useUi((ui) => ui.historyAt ?? 0);
  useEffect(() => {
    let gone = false;
    loadHistory(editor).then((found) => !gone && setVersions(found.versions), () => {});
    return () => {
      gone = true;
    };
  }, [editor, asked]);
  return versions;
}

/** A version may be called by its number, as in a link, or be "published". */
function versionOf(versions, ref) {
  if (ref === "published") return versions.find((version) => version.number);
  return versions.find((version) => version.id === ref || String(version.number) === String(ref));
}

function Choice({ label, value, versions, none, onChange }) {
  const shown = value && value !== "draft" ? (versionOf(versions, value)?.id ?? value) : (value ?? "");
  return (
    <select className="qe-select" aria-label={label} value={shown} onChange={(event) => onChange(event.target.value || null)}>
      {none && <option value="">nothing</option>}
      <option value="draft">Draft</option>
      {versions.map((version) => <option key={version.id} value={version.id}>{called(version)}</option>)}
      {shown && shown !== "draft" && !versions.some((version) => version.id === shown) && <option value={shown}>…</option>}
    </select>
  );
}

function Head({ wanted, versions }) {
  const editor = useEditor();
  const { before, after } = wanted;
  const version = after !== "draft" ? versionOf(versions, after) : before && before !== "draft" ? versionOf(versions, before) : null;
  const act = () => restore(editor, version).catch((problem) => editor.ui.hint(problem.message, "error"));
  return (
    <header className="qe-compare-head qe-float">
      <Choice label="Version to show" value={after} versions={versions} onChange={(next) => look(editor, { before: next === "draft" ? (before ?? "published") : before, after: next })} />
      <span className="qe-muted">compared with</span>
      <Choice label="Version to compare with" value={before} versions={versions} none={after !== "draft"} onChange={(next) => look(editor, { before: next, after })} />
      {before && <button type="button" className="qe-tool" title="Turn around" aria-label="Turn the comparison around" onClick={() => look(editor, { before: after, after: before })}><Icon name="arrow-left-right" size={15} /></button>}
      <span className="qe-space" />
      {version && <button type="button" className="qe-tool" title="Copy a link to this version" aria-label="Copy a link to this version" onClick={() => copyLink(editor, version)}><Icon name="link" size={15} /></button>}
      {version && editor.draft.canEdit && <Button size="1" variant="soft" data-testid="restore" onClick={act}>Restore {called(version).toLowerCase()}</Button>}
      <Button size="1" variant="soft" color="gray" onClick={() => leave(editor)}>Back to the draft</Button>
    </header>
  );
}

/** Which change is looked at; J and K go through them. */
export function useWalk(editor, changes) {
  const [at, setAt] = useState(-1);
  useEffect(() => setAt((old) => Math.min(old, changes.length - 1)), [changes]);
  useEffect(() => {
    editor.stepThroughChanges = (by) => changes.length && setAt((old) => (old < 0 && by < 0 ? changes.length - 1 : (old + by + changes.length) % changes.length));
    return () => {
      editor.stepThroughChanges = null;
    };
  }, [editor, changes]);
  return [at, setAt];
}

function Side({ changes, at, setAt, moves, withMoves, setWithMoves, counts }) {
  const editor = useEditor();
  return (
    <aside className="qe-panel qe-float qe-compare-side" aria-label="What differs">
      <header className="qe-panel-head">
        <h2 data-testid="change-count">{changes.length === 1 ? "1 change" : `${changes.length} changes`}</h2>
        <span className="qe-space" />
        <span className="qe-muted" role="status" data-testid="change-at">{at >= 0 ? `${at + 1} of ${changes.length}` : ""}</span>
        <button type="button" className="qe-tool" title="Previous change (K)" aria-label="Previous change" disabled={!changes.length} onClick={() => editor.run("previous-change")}><Icon name="chevron-up" /></button>
        <button type="button" className="qe-tool" title="Next change (J)" aria-label="Next change" disabled={!changes.length} onClick={() => editor.run("next-change")}><Icon name="chevron-down" /></button>
      </header>
      <div className="qe-legend">
        {HOWS.filter((how) => counts[how]).map((how) => <span key={how} data-how={how}>{counts[how]} {how}</span>)}
        {moves > 0 && <label className="qe-moves"><Switch size="1" checked={withMoves} onCheckedChange={setWithMoves} aria-label="Show what was only moved" />Show moves</label>}
      </div>
      <div className="qe-panel-body"><ChangeList changes={changes} at={at} onChoose={setAt} /></div>
    </aside>
  );
}

function Shown({ found, kinds }) {
  const editor = useEditor();
  const [withMoves, setWithMoves] = useState(true);
  const flow = useMemo(() => unitedFlow(found, kinds, withMoves), [found, kinds, withMoves]);
  const changes = useMemo(() => {
    const kindById = new Map([...(found.before?.nodes ?? []), ...found.after.nodes].map((node) => [node.id, node.kind]));
    return shownOf(found.changes, withMoves).map((change) => (change.what === "node" ? { ...change, kind: kindById.get(change.id) } : change));
  }, [found, withMoves]);
  const [at, setAt] = useWalk(editor, changes);
  const counts = useMemo(() => Object.fromEntries(HOWS.map((how) => [how, changes.filter((change) => change.how === how).length])), [changes]);
  const onNode = useCallback((id) => setAt(changes.findIndex((change) => change.what === "node" && change.id === id)), [changes, setAt]);
  return (
    <>
      <CompareCanvas flow={flow} change={changes[at] ?? null} onNode={onNode} />
      {found.before && <Side changes={changes} at={at} setAt={setAt} moves={found.changes.filter((change) => change.how === "moved").length} withMoves={withMoves} setWithMoves={setWithMoves} counts={counts} />}
    </>
  );
}

export const CompareStage = memo(function CompareStage() {
  const editor = useEditor();
  const wanted = useUi((ui) => ui.compared);
  const found = useCompared(editor, wanted);
  const versions = useVersions(editor);
  return (
    <div className="qe-stage qe-compare" data-testid="compare" data-before={wanted.before ?? ""} data-after={wanted.after}>
      <Head wanted={wanted} versions={versions} />
      {found?.problem && <div className="qe-loading" role="alert"><strong>{found.problem.message}</strong>{found.problem.fix && <span>{found.problem.fix}</span>}</div>}
      {!found && <div className="qe-loading" aria-busy="true" aria-label="Loading the versions" />}
      {found?.after && <Shown key={`${wanted.before} ${wanted.after}`} found={found} kinds={editor.kinds} />}
    </div>
  );
});
