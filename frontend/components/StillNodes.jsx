// What every canvas draws alike where nothing can be changed: notes, groups and wires.

import { memo } from "react";
import { NoteCard } from "./ContainerCard.jsx";
import { GroupFrame } from "./GroupFrame.jsx";
import { UndoWire } from "./UndoWire.jsx";
import { Wire } from "./Wire.jsx";

export const stillNodes = {
  note: memo(({ data }) => <NoteCard node={data.node} kind={data.kind} />),
  frame: memo(({ data }) => <GroupFrame node={data.node} kind={data.kind} members={data.members} />),
};
export const stillWires = { wire: Wire, undo: UndoWire };
