// Kafka's own assignors on the cases of standard input: one JSON object a line in, one a line out. Run by `java File.java`.
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.GroupSubscription;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.clients.consumer.RoundRobinAssignor;
import org.apache.kafka.clients.consumer.StickyAssignor;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;

public final class AssignorOracle {
    private static final ObjectMapper JSON = new ObjectMapper();

    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line = in.readLine(); line != null; line = in.readLine())
            if (!line.isBlank()) System.out.println("RESULT " + answer(JSON.readTree(line)));
    }

    private static ObjectNode answer(JsonNode given) {
        Map<String, Subscription> members = new HashMap<>();
        for (JsonNode member : given.get("members"))
            members.put(member.get("id").asText(), subscription(member));
        ConsumerPartitionAssignor assignor = assignor(given.get("assignor").asText());
        ObjectNode result = JSON.createObjectNode();
        assignor.assign(cluster(given.get("topics")), new GroupSubscription(members))
            .groupAssignment()
            .forEach((id, assignment) -> {
                ArrayNode list = result.putArray(id);
                assignment.partitions().forEach(partition -> list.add(partition.toString()));
            });
        return result;
    }

    private static Subscription subscription(JsonNode member) {
        List<String> topics = new ArrayList<>();
        member.get("topics").forEach(topic -> topics.add(topic.asText()));
        List<TopicPartition> owned = new ArrayList<>();
        member.get("owned").forEach(
            pair -> owned.add(new TopicPartition(pair.get(0).asText(), pair.get(1).asInt())));
        JsonNode userData = member.get("userData");
        ByteBuffer bytes = userData.isNull()
            ? null
            : ByteBuffer.wrap(Base64.getDecoder().decode(userData.asText()));
        Subscription subscription = new Subscription(
            topics, bytes, owned, member.get("generation").asInt(), Optional.empty());
        JsonNode instance = member.get("instance");
        subscription.setGroupInstanceId(
            instance.isNull() ? Optional.empty() : Optional.of(instance.asText()));
        return subscription;
    }

    private static Cluster cluster(JsonNode topics) {
        Node node = new Node(1, "localhost", 9092);
        Node[] replicas = {node};
        List<PartitionInfo> partitions = new ArrayList<>();
        topics.properties().forEach(topic -> {
            for (int partition = 0; partition < topic.getValue().asInt(); partition += 1)
                partitions.add(
                    new PartitionInfo(topic.getKey(), partition, node, replicas, replicas));
        });
        return new Cluster(
            "cluster",
            Collections.singletonList(node),
            partitions,
            Collections.emptySet(),
            Collections.emptySet());
    }

    private static ConsumerPartitionAssignor assignor(String name) {
        switch (name) {
            case "range":
                return new RangeAssignor();
            case "roundrobin":
                return new RoundRobinAssignor();
            case "sticky":
                return new StickyAssignor();
            case "cooperative-sticky":
                return new CooperativeStickyAssignor();
            default:
                throw new IllegalArgumentException(name);
        }
    }
}
