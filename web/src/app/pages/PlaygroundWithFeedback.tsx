import type { ReactNode } from "react";
import { Thumbs } from "../../features/datasets/components/Thumbs";
import { PlaygroundPage } from "../../features/deploy/pages/PlaygroundPage";

/** The playground, whose answers can be rated. */
export function PlaygroundWithFeedback(): ReactNode {
  return (
    <PlaygroundPage
      feedback={(completion, messages, answer) => (
        <Thumbs key={completion} completion={completion} messages={messages} answer={answer} />
      )}
    />
  );
}
