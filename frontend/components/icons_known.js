// The icons that the islands use themselves and that most kinds name; they are part of the first download.

export {
  AlarmClock, AlignCenterHorizontal, AlignCenterVertical, AlignEndHorizontal, AlignEndVertical, AlignHorizontalDistributeCenter,
  AlignLeft, AlignStartHorizontal, AlignStartVertical, AlignVerticalDistributeCenter, ArrowDown, ArrowLeftRight, ArrowRight, ArrowUp, Ban, Bot, Box, Braces, Check, ChevronDown, ChevronLeft,
  ChevronRight, ChevronUp, Circle, CircleAlert, CircleCheck, CircleDashed, CircleHelp, CircleX, Clipboard, Clock, CloudOff,
  Code, Copy, CornerDownRight, Database, Download, Ellipsis, ExternalLink, Eye, EyeOff, FileText, Filter, Flag, GitBranch,
  GitMerge, Globe, Hand, History, Hourglass, Info, Keyboard, KeyRound, Layers, Link, ListTree, LoaderCircle, Lock, LogIn, LogOut, Mail, Map,
  Maximize, MessageSquare, Minus, MousePointer2, Move, Network, Package, PanelLeft, PanelRight, Pause, Pencil, Play, Plus,
  Radio, Redo2, Repeat, RotateCw, Scissors, Search, Send, Settings2, Shuffle, Sparkles, Split, Square, StickyNote,
  Tag, Tags, TextCursorInput, Trash2, TriangleAlert, Undo2, Upload, UserCheck, UserRoundCheck, Users, Webhook, Workflow, X, Zap,
} from "lucide-react";
