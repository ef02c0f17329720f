// The draft as a file: YAML and JSON that can be read again, and pictures of it.

import { api } from "../components/api.js";

const TYPES = { yaml: "application/yaml", json: "application/json", python: "text/x-python", svg: "image/svg+xml" };
const ENDINGS = { python: "py" };
const SHARP = 2; // pixels of a PNG for one of the canvas
const MOST = 16_000; // what browsers draw in one picture

/** The server's drawing in pixels. */
async function pixels(svg) {
  const picture = new Image();
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await picture.decode();
  const scale = Math.min(SHARP, MOST / Math.max(picture.naturalWidth, picture.naturalHeight));
  const sheet = document.createElement("canvas");
  [sheet.width, sheet.height] = [picture.naturalWidth, picture.naturalHeight].map((side) => Math.round(side * scale));
  sheet.getContext("2d").drawImage(picture, 0, 0, sheet.width, sheet.height);
  return new Promise((resolve, reject) => {
    sheet.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The diagram is too large for a PNG. Export it as SVG."))), "image/png");
  });
}

async function fileOf(editor, format) {
  const text = await api.text(`/workflows/${encodeURIComponent(editor.workflowId)}/export?format=${format === "png" ? "svg" : format}`);
  return format === "png" ? pixels(text) : new Blob([text], { type: TYPES[format] });
}

export async function download(editor, format) {
  try {
    await editor.saved();
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await fileOf(editor, format));
    link.download = `${editor.workflow.slug || "workflow"}.${ENDINGS[format] ?? format}`;
    link.click();
    URL.revokeObjectURL(link.href);
  } catch (problem) {
    editor.ui.hint(problem.message, "error");
  }
}

const FORMATS = { yaml: "Export as YAML", json: "Export as JSON", python: "Export as LangGraph module (Python)", svg: "Export as SVG picture", png: "Export as PNG picture" };
export const EXPORT_COMMANDS = Object.entries(FORMATS).map(([format, title]) => ({ name: `export-${format}`, title, group: "View", keys: [], run: (editor) => download(editor, format) }));
