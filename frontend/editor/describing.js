// Opens what proposes a diagram; the dialog and the proposal themselves come when somebody asks.

import { late } from "../components/late.js";

/** Open the dialog; `failure` is a node that failed with what was said of it. */
export const describe = (editor, failure = null, sentence = "") => editor.ui.set({ dialog: "describe", describing: { failure, sentence } });

/** The diagram of an accepted plan beside the draft. */
export const showPlan = (editor, planId) =>
  import("./proposal.js")
    .then(({ planned }) => planned(editor, planId))
    .catch((problem) => editor.ui.hint(problem.message ?? "The plan could not be loaded. Reload the page to try again.", "error"));

export const PROPOSAL_COMMANDS = [
  { name: "describe", title: "Describe it: propose a diagram", group: "Edit", keys: ["Shift+D"], edits: true, run: (editor) => describe(editor) },
];

export const DescribeDialog = late(() => import("./DescribeDialog.jsx"));
export const ProposalStage = late(() => import("./ProposalStage.jsx"));
