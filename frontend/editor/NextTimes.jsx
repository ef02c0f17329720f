// When a schedule would begin next, as the server says, in the schedule's own zone and while it is typed.

import { useEffect, useState } from "react";
import { api } from "../components/api.js";

const PAUSE = 250;

function written(at, zone) {
  const form = { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone };
  return new Intl.DateTimeFormat("en-GB", form).format(new Date(at));
}

/** Nothing until the server has answered for what stands there; what is wrong is told at its field. */
export function NextTimes({ cron = "0 9 * * *", zone = "UTC" }) {
  const [found, setFound] = useState({ times: [] });
  useEffect(() => {
    let gone = false;
    const ask = () => api.post("/schedules/preview", { cron, zone }).then(
      ({ times }) => !gone && setFound({ cron, zone, times }),
      () => !gone && setFound({ times: [] }),
    );
    const timer = setTimeout(ask, PAUSE);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [cron, zone]);
  if (!found.times.length) return null;
  const stale = found.cron !== cron || found.zone !== zone || undefined;
  return (
    <div className="qe-next" data-testid="next-times" data-stale={stale} role="status">
      <b>Next</b>
      <ol>{found.times.map((at) => <li key={at}><time dateTime={at} title={`${at.slice(0, 16).replace("T", " ")} UTC`}>{written(at, found.zone)}</time></li>)}</ol>
      <small>{found.zone}, once published</small>
    </div>
  );
}
