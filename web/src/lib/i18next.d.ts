import type { messages } from "../locales/en";

declare module "i18next" {
  interface CustomTypeOptions {
    resources: { translation: typeof messages };
  }
}
