// What a server is made of, for who watches over it in the same process. Not behind the package's door: it names what is bundled.

import type { BrokerRole } from './broker-role.ts';
import type { QuorumMember } from './quorum-member.ts';

/** The live parts of a server, to look at. */
export interface ServerParts {
  readonly quorum: QuorumMember['node'];
  /** Undefined without the role of a broker. */
  readonly broker: Pick<BrokerRole, 'replicas' | 'image'> | undefined;
}
