import type { ReactNode } from "react";
import { Thumbs } from "../../features/datasets/components/Thumbs";
import { EndpointPage } from "../../features/deploy/pages/EndpointPage";

/** An endpoint whose answers can be rated. */
export function EndpointWithFeedback(): ReactNode {
  return (
    <EndpointPage
      feedback={(completion, messages, answer) => (
        <Thumbs key={completion} completion={completion} messages={messages} answer={answer} />
      )}
    />
  );
}
