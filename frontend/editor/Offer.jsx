// An offer at the pointer: one thing that can be done instead, and a way to leave it.

import { memo, useEffect, useRef } from "react";
import { Button } from "@radix-ui/themes";
import { useEditor, useUi } from "./hooks.js";

const SIZE = { width: 300, height: 150 };

function OpenOffer({ offer }) {
  const { frame, ui } = useEditor();
  const accept = useRef(null);
  useEffect(() => accept.current?.focus(), []);
  const box = frame.getBoundingClientRect();
  const left = Math.min(Math.max(8, offer.at.x - box.left + 12), box.width - SIZE.width - 8);
  const top = Math.min(Math.max(8, offer.at.y - box.top + 12), box.height - SIZE.height - 8);
  const close = () => ui.set({ offer: null });
  return (
    <>
      <div className="qe-picker-shade" onPointerDown={close} />
      <div
        className="qe-offer qe-float"
        role="alertdialog"
        aria-labelledby="qe-offer-title"
        aria-describedby="qe-offer-text"
        data-testid={`offer-${offer.name}`}
        style={{ left, top }}
        onKeyDown={(event) => {
          if (event.key === "Escape") close();
          event.stopPropagation();
        }}
      >
        <strong id="qe-offer-title">{offer.title}</strong>
        <p id="qe-offer-text">{offer.text}</p>
        <div className="qe-offer-foot">
          <Button size="1" variant="soft" color="gray" onClick={close}>No</Button>
          <Button
            size="1"
            ref={accept}
            onClick={() => {
              close();
              offer.run();
            }}
          >
            {offer.accept}
          </Button>
        </div>
      </div>
    </>
  );
}

export const Offer = memo(function Offer() {
  const offer = useUi((ui) => ui.offer);
  return offer && <OpenOffer key={`${offer.name}:${offer.at.x},${offer.at.y}`} offer={offer} />;
});
