/** The server's refusals and how they are said here; only who is refused something needs them. */
import sentences from "../en/refusals.json";
import texts from "./refusals.json";

export { sentences, texts };
