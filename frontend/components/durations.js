// Durations as people read them: 40 ms, 0.4 s, 12 s, 3 min 05 s, 2 h 10 min.

export function duration(milliseconds) {
  if (milliseconds == null || Number.isNaN(milliseconds)) return "";
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 0.095) return `${Math.max(1, Math.round(milliseconds))} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds >= 172800 && seconds % 86400 === 0) return `${seconds / 86400} days`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(Math.floor(seconds % 60)).padStart(2, "0")} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}
