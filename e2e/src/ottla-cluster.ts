// Three of Ottla's nodes, each broker and controller in a process of its own.
import { CLUSTER_ID, type ClusterKind, type NodeCommands, startNodes } from './cluster.ts';
import { ottlaCommand } from './servers.ts';

const commands: NodeCommands = {
  name: 'Ottla',
  /** As `ottla server --brokers` writes them. */
  settings: {
    'broker.session.timeout.ms': '2000',
    'broker.heartbeat.interval.ms': '500',
    'controller.quorum.fetch.timeout.ms': '1000',
    'controller.quorum.election.timeout.ms': '500',
  },
  /** A new folder is formatted when its node starts. */
  format: () => Promise.resolve(),
  command: (file) => ottlaCommand(['server', '--config', file, '--cluster-id', CLUSTER_ID]),
};

export const ottlaCluster: ClusterKind = {
  name: commands.name,
  needs: [],
  start: (options) => startNodes(commands, options),
};
