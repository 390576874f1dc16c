// The little that the group coordinator asks of the cluster's metadata.

/** Names, ids and sizes of topics, as the newest metadata image of this broker knows them. */
export interface TopicCatalog {
  /** Id (22-character base64url) of the topic, or undefined when there is no such topic. */
  topicId(name: string): string | undefined;
  /** Name of the topic with this id, or undefined when there is none. */
  topicName(id: string): string | undefined;
  /** Number of partitions, 0 when there is no such topic. */
  partitionCount(name: string): number;
}

/** A topic that was deleted. */
export interface DeletedTopic {
  readonly name: string;
  /** 22-character base64url. */
  readonly id: string;
}
