// A file kept in the settings as a data: address; its name stands in the address too.

import { useRef, useState } from "react";
import { Button } from "@radix-ui/themes";
import { Icon } from "../components/icons.jsx";

const HEAD = /^data:([^;,]*)((?:;[^;,]+)*);base64,/;
const ROOM = 100; // characters that the head of an address takes beside the name

function told(address) {
  const [head, type, more] = HEAD.exec(address ?? "") ?? [];
  if (head === undefined) return null;
  const name = /;name=([^;]*)/.exec(more)?.[1];
  const padding = address.endsWith("==") ? 2 : address.endsWith("=") ? 1 : 0;
  return { name: name ? decodeURIComponent(name) : "A file", type, size: ((address.length - head.length) / 4) * 3 - padding };
}

const sized = (bytes) => (bytes < 1024 ? `${bytes} bytes` : `${(bytes / 1024).toFixed(bytes < 10240 ? 1 : 0)} KB`);

function addressOf(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onerror = () => reject(reader.error);
    reader.onload = () => {
      const [, type, , content] = /^data:([^;,]*)((?:;[^;,]+)*);base64,(.*)$/s.exec(reader.result) ?? [null, "", "", ""];
      resolve(`data:${type || "application/octet-stream"};name=${encodeURIComponent(file.name).slice(0, 200)};base64,${content}`);
    };
    reader.readAsDataURL(file);
  });
}

export function FileField({ id, value, onChange, schema, readonly, disabled, label }) {
  const input = useRef(null);
  const [wrong, setWrong] = useState("");
  const fixed = readonly || disabled;
  const most = Math.floor(((schema.maxLength ?? 400000) - ROOM - 200) * 0.75);
  const file = told(value);
  const take = async ([chosen]) => {
    if (!chosen) return;
    if (chosen.size > most) return setWrong(`“${chosen.name}” has ${sized(chosen.size)}; at most ${sized(most)} fit into the settings.`);
    try {
      onChange(await addressOf(chosen));
      setWrong("");
    } catch {
      setWrong(`“${chosen.name}” could not be read.`);
    }
    return undefined;
  };
  const drop = (event) => {
    event.preventDefault();
    if (!fixed) take(event.dataTransfer.files);
  };
  return (
    <div className="qe-file" onDragOver={(event) => event.preventDefault()} onDrop={drop}>
      <input ref={input} id={id} type="file" hidden aria-label={label} onChange={(event) => take(event.target.files)} />
      {file ? (
        <span className="qe-file-one"><Icon name="file-text" size={14} /><b className="qc-clip" title={file.name}>{file.name}</b><small>{sized(file.size)}</small></span>
      ) : (
        <span className="qe-file-none">Drop a file here, or</span>
      )}
      {!fixed && <Button size="1" variant="soft" onClick={() => input.current.click()}>{file ? "Replace" : "Choose"}</Button>}
      {!fixed && file && <Button size="1" variant="soft" color="gray" onClick={() => onChange("")}>Remove</Button>}
      {wrong && <div className="qe-wrong" role="alert">{wrong}</div>}
    </div>
  );
}
