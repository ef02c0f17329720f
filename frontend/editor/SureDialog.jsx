// Asks before something goes that somebody wanted to keep.

import { Button, Dialog } from "@radix-ui/themes";
import { useEditor, useUi } from "./hooks.js";

export function SureDialog({ close }) {
  const { ui } = useEditor();
  const sure = useUi((state) => state.sure);
  if (!sure) return null;
  const yes = () => {
    close();
    sure.then();
    ui.set({ sure: null });
  };
  return (
    <>
      <Dialog.Title size="4">{sure.title}</Dialog.Title>
      <Dialog.Description size="2" color="gray">{sure.text}</Dialog.Description>
      <div className="qe-dialog-foot">
        <Button variant="soft" color="gray" autoFocus onClick={close}>Keep</Button>
        <Button color="red" data-testid="sure-yes" onClick={yes}>{sure.yes}</Button>
      </div>
    </>
  );
}
