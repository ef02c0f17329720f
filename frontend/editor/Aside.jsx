// Everything that stands beside the canvas and over it once somebody asks for it; it comes in one piece after the canvas.

export { CommentList } from "./CommentList.jsx";
export { CompareStage } from "./CompareStage.jsx";
export { Dialogs } from "./Dialogs.jsx";
export { FindBar } from "./FindBar.jsx";
export { HistoryPanel } from "./History.jsx";
export { Inspector } from "./Inspector.jsx";
export { Outline, OutlinePanel } from "./Outline.jsx";
export { ProblemsPanel } from "./Problems.jsx";
export { RunStrip } from "./RunStrip.jsx";
export { Travelled } from "./Travelled.jsx";
export { TryMenu } from "./TryMenu.jsx";
