export type { CoordinatorLog } from "./runtime/coordinator-log.ts";
export type { GroupCoordinatorConfig } from "./groups/group-config.ts";
export { defaultGroupCoordinatorConfig } from "./groups/group-config.ts";
export type { TopicCatalog } from "./groups/topic-catalog.ts";
