// What Apache Kafka's controller makes of random partitions and random wishes: `PartitionChanges <cases> <seed>` prints one line of
// JSON a case, input and record, null where nothing changes. packages/metadata/src/controller/partition-change.test.ts holds Ottla's
// rules against them. How to run it: packages/metadata/test/golden/README.md.
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import org.apache.kafka.common.DirectoryId;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.metadata.PartitionChangeRecord;
import org.apache.kafka.controller.PartitionChangeBuilder;
import org.apache.kafka.metadata.LeaderRecoveryState;
import org.apache.kafka.metadata.PartitionRegistration;
import org.apache.kafka.server.common.MetadataVersion;

public final class PartitionChanges {
  private static final int BROKERS = 6;
  private static final short[] LEVELS = {11, 16, 22, 23, 30, 30, 30};

  private final Random random;
  private final StringBuilder json = new StringBuilder();

  private PartitionChanges(long seed) {
    random = new Random(seed);
  }

  public static void main(String[] args) {
    int cases = Integer.parseInt(args[0]);
    for (int i = 0; i < cases; i++) {
      PartitionChanges one = new PartitionChanges(Long.parseLong(args[1]) + i);
      one.run();
      System.out.println(one.json);
    }
  }

  private void run() {
    short level = LEVELS[random.nextInt(LEVELS.length)];
    boolean elrEnabled = level >= 23 && random.nextInt(3) > 0;
    List<Integer> replicas = some(all(), 1, 4);
    List<Integer> isr = some(replicas, elrEnabled ? 0 : 1, replicas.size());
    List<Integer> elr = elrEnabled ? some(without(replicas, isr), 0, 2) : List.of();
    int leader = isr.isEmpty() || random.nextInt(4) == 0 ? -1 : isr.get(random.nextInt(isr.size()));
    List<Integer> lastKnown =
        elrEnabled && leader == -1 ? some(replicas, 0, random.nextInt(5) == 0 ? 2 : 1) : List.of();
    boolean moving = random.nextInt(3) == 0;
    List<Integer> adding = moving ? some(replicas, 0, replicas.size() - 1) : List.of();
    List<Integer> removing = moving ? some(without(replicas, adding), 0, 2) : List.of();
    LeaderRecoveryState recovery =
        isr.size() == 1 && random.nextInt(4) == 0 ? LeaderRecoveryState.RECOVERING : LeaderRecoveryState.RECOVERED;
    List<Integer> alive = some(all(), 0, BROKERS);
    int minIsr = 1 + random.nextInt(Math.min(3, replicas.size()));

    PartitionRegistration partition = new PartitionRegistration.Builder()
        .setReplicas(ints(replicas)).setDirectories(directories(replicas, level)).setIsr(ints(isr))
        .setRemovingReplicas(ints(removing)).setAddingReplicas(ints(adding))
        .setElr(ints(elr)).setLastKnownElr(ints(lastKnown))
        .setLeader(leader).setLeaderRecoveryState(recovery).setLeaderEpoch(5).setPartitionEpoch(9).build();
    IntPredicate acceptable = id -> alive.contains(id);
    PartitionChangeBuilder builder = new PartitionChangeBuilder(partition, Uuid.ONE_UUID, 0, acceptable,
        MetadataVersion.fromFeatureLevel(level), minIsr, elrEnabled);
    builder.setDefaultDirProvider(PartitionChanges::directory);

    field("level", level);
    field("isElrEnabled", elrEnabled);
    field("minIsr", minIsr);
    field("alive", alive);
    field("replicas", replicas);
    field("isr", isr);
    field("elr", elr);
    field("lastKnownElr", lastKnown);
    field("leader", leader);
    field("addingReplicas", adding);
    field("removingReplicas", removing);
    field("leaderRecoveryState", recovery.value());
    json.append("\"wishes\":{");
    wish(builder, partition, replicas, isr, leader);
    close();
    json.append(',');
    PartitionChangeRecord record =
        builder.build().map(built -> (PartitionChangeRecord) built.message()).orElse(null);
    if (record == null) json.append("\"record\":null");
    else write(record);
    json.insert(0, '{').append('}');
  }

  private void wish(PartitionChangeBuilder builder, PartitionRegistration partition, List<Integer> replicas,
      List<Integer> isr, int leader) {
    PartitionChangeBuilder.Election election =
        PartitionChangeBuilder.Election.values()[random.nextInt(3)];
    builder.setElection(election);
    field("election", '"' + election.name().toLowerCase() + '"');
    switch (random.nextInt(6)) {
      case 0: { // The leader asks for another ISR.
        List<Integer> target = some(replicas, 0, replicas.size());
        if (leader >= 0 && !target.contains(leader)) target.add(leader);
        builder.setTargetIsr(target);
        field("isr", target);
        if (random.nextInt(3) == 0) {
          builder.setTargetLeaderRecoveryState(LeaderRecoveryState.RECOVERED);
          field("leaderRecoveryState", LeaderRecoveryState.RECOVERED.value());
        }
        break;
      }
      case 1: { // A broker leaves.
        List<Integer> target = without(isr, List.of(1 + random.nextInt(BROKERS)));
        builder.setTargetIsr(target);
        field("isr", target);
        break;
      }
      case 2: { // A broker lost its disk.
        int unclean = 1 + random.nextInt(BROKERS);
        List<Integer> target = without(isr, List.of(unclean));
        builder.setTargetIsr(target).setUncleanShutdownReplicas(List.of(unclean));
        field("isr", target);
        field("uncleanReplica", unclean);
        break;
      }
      case 3: { // Replicas move.
        List<Integer> target = some(all(), 1, 4);
        List<Integer> leaving = new ArrayList<>(new TreeSet<>(without(replicas, target)));
        List<Integer> coming = new ArrayList<>(new TreeSet<>(without(target, replicas)));
        List<Integer> together = new ArrayList<>(target);
        together.addAll(leaving);
        builder.setTargetReplicas(together).setTargetRemoving(leaving).setTargetAdding(coming);
        field("replicas", together);
        field("removingReplicas", leaving);
        field("addingReplicas", coming);
        break;
      }
      case 4: { // A replica is in another directory.
        int broker = replicas.get(random.nextInt(replicas.size()));
        builder.setDirectory(broker, directory(100 + broker));
        field("moved", broker);
        break;
      }
      default: // Only an election.
    }
  }

  private void write(PartitionChangeRecord record) {
    json.append("\"record\":{");
    field("leader", record.leader());
    field("leaderRecoveryState", record.leaderRecoveryState());
    field("isr", record.isr());
    field("replicas", record.replicas());
    field("removingReplicas", record.removingReplicas());
    field("addingReplicas", record.addingReplicas());
    field("eligibleLeaderReplicas", record.eligibleLeaderReplicas());
    field("lastKnownElr", record.lastKnownElr());
    field("directories", record.directories() == null ? null
        : record.directories().stream().map(id -> '"' + id.toString() + '"').collect(Collectors.toList()));
    close();
  }

  private void field(String name, Object value) {
    json.append('"').append(name).append("\":").append(String.valueOf(value).replace(", ", ",")).append(',');
  }

  private void close() {
    if (json.charAt(json.length() - 1) == ',') json.setLength(json.length() - 1);
    json.append('}');
  }

  private static List<Integer> all() {
    List<Integer> ids = new ArrayList<>();
    for (int id = 1; id <= BROKERS; id++) ids.add(id);
    return ids;
  }

  /** Some of them, in any order. */
  private List<Integer> some(List<Integer> ids, int min, int max) {
    List<Integer> shuffled = new ArrayList<>(ids);
    Collections.shuffle(shuffled, random);
    int most = Math.min(max, shuffled.size());
    int least = Math.min(min, most);
    return new ArrayList<>(shuffled.subList(0, least + random.nextInt(most - least + 1)));
  }

  private static List<Integer> without(List<Integer> ids, List<Integer> others) {
    List<Integer> rest = new ArrayList<>(ids);
    rest.removeAll(others);
    return rest;
  }

  private static int[] ints(List<Integer> ids) {
    return ids.stream().mapToInt(Integer::intValue).toArray();
  }

  /** Before directories were recorded there is one that says so. */
  private static Uuid[] directories(List<Integer> ids, short level) {
    boolean isRecorded = MetadataVersion.fromFeatureLevel(level).isDirectoryAssignmentSupported();
    return ids.stream().map(id -> isRecorded ? directory(id) : DirectoryId.MIGRATING).toArray(Uuid[]::new);
  }

  /** A directory of that broker. */
  private static Uuid directory(int brokerId) {
    return new Uuid(0x4000000000000000L, 0x4000000000000000L + brokerId);
  }
}
