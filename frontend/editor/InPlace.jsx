// A name or a label written where it stands: Enter and leaving keep it, Escape does not.

export function InPlace({ value, onChange, onDone, label, ...props }) {
  const keys = (event) => {
    event.stopPropagation();
    if (event.key === "Enter") onDone(true);
    if (event.key === "Escape") onDone(false);
  };
  return <input autoFocus maxLength={200} aria-label={label} value={value} onFocus={(event) => event.target.select()} onChange={(event) => onChange(event.target.value)} onBlur={() => onDone(true)} onKeyDown={keys} {...props} />;
}
