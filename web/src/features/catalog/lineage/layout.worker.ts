import { type LayoutOrder, lay } from "./layout";

self.onmessage = (event: MessageEvent<LayoutOrder>) => self.postMessage(lay(event.data));
