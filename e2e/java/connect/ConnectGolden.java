// What Kafka Connect 4.3.1 makes of a table of inputs: converters, header guessing, transformations.
// Reads JSON lines (packages/connect/test/golden/inputs.jsonl), prints one JSON line for each.
// Run: java -Duser.timezone=UTC -cp <class path of e2e/java/connect/pom.xml> ConnectGolden.java < inputs.jsonl
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import org.apache.kafka.common.Configurable;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.connect.connector.ConnectRecord;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.data.Values;
import org.apache.kafka.connect.header.Header;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.storage.Converter;
import org.apache.kafka.connect.storage.SimpleHeaderConverter;
import org.apache.kafka.connect.transforms.Transformation;
import org.apache.kafka.connect.transforms.predicates.Predicate;

public class ConnectGolden {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final PrintStream OUT = new PrintStream(System.out, false, StandardCharsets.UTF_8);

    public static void main(String[] arguments) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            ObjectNode output = JSON.createObjectNode();
            try {
                run(JSON.readTree(line), output);
            } catch (Exception e) {
                output.removeAll();
                output.put("error", e.getClass().getSimpleName());
                output.put("message", String.valueOf(e.getMessage()));
            }
            OUT.println(JSON.writeValueAsString(output));
        }
        OUT.flush();
    }

    private static void run(JsonNode input, ObjectNode output) throws Exception {
        switch (input.get("kind").asText()) {
            case "json" -> {
                SchemaAndValue data = json(config(input.get("read"))).toConnectData("t", utf8(input.get("text").asText()));
                putText(output, json(config(input.get("write"))).fromConnectData("t", data.schema(), data.value()));
            }
            case "header" -> {
                SimpleHeaderConverter converter = new SimpleHeaderConverter();
                SchemaAndValue data = converter.toConnectHeader("t", "h", utf8(input.get("text").asText()));
                output.put("type", data == null || data.schema() == null ? null : data.schema().type().toString());
                output.put("name", data == null || data.schema() == null ? null : data.schema().name());
                Object value = data == null ? null : data.value();
                byte[] back = converter.fromConnectHeader("t", "h", data == null ? null : data.schema(), value);
                putText(output, back);
            }
            case "to-bytes" -> {
                SchemaAndValue data = json(Map.of()).toConnectData("t", utf8(input.get("text").asText()));
                Converter converter = (Converter) create(input.get("class").asText());
                converter.configure(config(input.get("config")), false);
                byte[] bytes = converter.fromConnectData("t", data.schema(), data.value());
                output.put("hex", bytes == null ? null : HexFormat.of().formatHex(bytes));
            }
            case "from-bytes" -> {
                Converter converter = (Converter) create(input.get("class").asText());
                converter.configure(config(input.get("config")), false);
                putData(output, converter.toConnectData("t", HexFormat.of().parseHex(input.get("hex").asText())));
            }
            case "transform" -> transform(input, output);
            case "predicate" -> {
                @SuppressWarnings("unchecked")
                Predicate<SinkRecord> predicate = (Predicate<SinkRecord>) create(input.get("class").asText());
                predicate.configure(config(input.get("config")));
                output.put("test", predicate.test((SinkRecord) record(input.get("record"))));
            }
            default -> throw new IllegalArgumentException(input.toString());
        }
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static void transform(JsonNode input, ObjectNode output) throws Exception {
        Transformation transformation = (Transformation) create(input.get("class").asText());
        ((Configurable) transformation).configure(config(input.get("config")));
        ConnectRecord record = transformation.apply(record(input.get("record")));
        if (record == null) {
            output.put("dropped", true);
            return;
        }
        output.put("topic", record.topic());
        output.put("partition", record.kafkaPartition());
        output.put("timestamp", record.timestamp());
        putData(output.putObject("key"), new SchemaAndValue(record.keySchema(), record.key()));
        putData(output.putObject("value"), new SchemaAndValue(record.valueSchema(), record.value()));
        ArrayNode headers = output.putArray("headers");
        for (Header header : (Iterable<Header>) record.headers()) {
            ObjectNode shown = headers.addObject();
            shown.put("key", header.key());
            putData(shown, new SchemaAndValue(header.schema(), header.value()));
        }
    }

    private static ConnectRecord<?> record(JsonNode input) {
        SchemaAndValue key = data(input.get("key"));
        SchemaAndValue value = data(input.get("value"));
        String topic = input.path("topic").asText("topic");
        Long timestamp = input.has("timestamp") ? input.get("timestamp").asLong() : null;
        ConnectRecord<?> record;
        if (input.has("offset"))
            record = new SinkRecord(topic, input.path("partition").asInt(0), key.schema(), key.value(), value.schema(), value.value(),
                input.get("offset").asLong(), timestamp, timestamp == null ? TimestampType.NO_TIMESTAMP_TYPE : TimestampType.CREATE_TIME);
        else
            record = new SourceRecord(Map.of("p", 1), Map.of("o", 1), topic, input.has("partition") ? input.get("partition").asInt() : null,
                key.schema(), key.value(), value.schema(), value.value(), timestamp);
        for (JsonNode header : input.path("headers"))
            record.headers().add(header.get("key").asText(), Values.parseString(header.get("text").asText()));
        return record;
    }

    /** A text that begins with `schema` is an envelope, anything else schemaless; missing is nothing. */
    private static SchemaAndValue data(JsonNode node) {
        if (node == null) return SchemaAndValue.NULL;
        String text = node.asText();
        boolean envelope = text.startsWith("{\"schema\":");
        return json(Map.of("schemas.enable", String.valueOf(envelope))).toConnectData("t", utf8(text));
    }

    /** With the schema where there is one. */
    private static void putData(ObjectNode output, SchemaAndValue data) {
        boolean hasSchema = data.schema() != null;
        putText(output, json(Map.of("schemas.enable", String.valueOf(hasSchema), "replace.null.with.default", "false"))
            .fromConnectData("t", data.schema(), data.value()));
    }

    private static void putText(ObjectNode output, byte[] bytes) {
        output.put("text", bytes == null ? null : new String(bytes, StandardCharsets.UTF_8));
    }

    private static JsonConverter json(Map<String, String> config) {
        JsonConverter converter = new JsonConverter();
        converter.configure(config, false);
        return converter;
    }

    private static Object create(String name) throws Exception {
        return Class.forName("org.apache.kafka.connect." + name).getDeclaredConstructor().newInstance();
    }

    private static Map<String, String> config(JsonNode node) {
        Map<String, String> config = new HashMap<>();
        if (node != null) node.properties().forEach(entry -> config.put(entry.getKey(), entry.getValue().asText()));
        return config;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
