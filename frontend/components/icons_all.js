// Every icon of lucide, in a file of its own that is fetched only when a kind names an unusual one.

export { icons } from "lucide-react";
