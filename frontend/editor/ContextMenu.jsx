// The menu at the pointer, or at what is selected when it is called by keys.

import { memo } from "react";
import { DropdownMenu } from "@radix-ui/themes";
import { keysOf } from "./bindings.js";
import { shown } from "./commands.js";
import { useEditor, useUi } from "./hooks.js";
import { menuFor } from "./menus.js";

export const ContextMenu = memo(function ContextMenu() {
  const editor = useEditor();
  const target = useUi((ui) => ui.menu);
  useUi((ui) => ui.bindings);
  if (!target) return null;
  const box = editor.frame.getBoundingClientRect();
  const close = () => {
    editor.ui.set({ menu: null });
  };
  return (
    <DropdownMenu.Root key={`${target.x},${target.y}`} open onOpenChange={(open) => !open && close()} modal={false}>
      <DropdownMenu.Trigger>
        <button type="button" tabIndex={-1} aria-hidden="true" className="qe-menu-place" style={{ left: target.x - box.left, top: target.y - box.top }} />
      </DropdownMenu.Trigger>
      <DropdownMenu.Content variant="soft" size="1" data-testid="context-menu" data-about={target.type} loop onCloseAutoFocus={(event) => {
        event.preventDefault();
        editor.frame.querySelector(".react-flow__pane")?.focus?.();
      }}>
        {menuFor(editor, target).map((command, i) => command === null ? <DropdownMenu.Separator key={`line-${i}`} /> : (
          <DropdownMenu.Item key={command.name} data-testid={`menu-${command.name}`} color={/delete/.test(command.name) ? "red" : undefined} shortcut={keysOf(command).length ? shown(keysOf(command)[0]).join(" ") : undefined} onSelect={() => setTimeout(() => editor.run(command.name, target.argument))}>
            {command.title}
          </DropdownMenu.Item>
        ))}
      </DropdownMenu.Content>
    </DropdownMenu.Root>
  );
});
