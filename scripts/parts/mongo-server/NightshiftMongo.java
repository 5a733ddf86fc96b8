import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import de.bwaldvogel.mongo.bson.Document;
import io.netty.channel.Channel;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * mongo-java-server on an address of choice, which tells of its connections as MongoDB does: `serverStatus` counts
 * those that there are, `$currentOp` names each with its client's address and application. By itself it always tells of
 * one connection, and knows no `$currentOp`.
 */
public class NightshiftMongo extends MemoryBackend {
  /** As mongod's --maxConns where nothing is said. */
  private static final int MOST = 65536;

  /** Each with the application's name, or an empty one. */
  private final Map<Channel, String> connections = new ConcurrentHashMap<>();

  public static void main(String[] args) {
    var server = new MongoServer(new NightshiftMongo());
    server.bind(args[0], Integer.parseInt(args[1]));
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
  }

  @Override
  public Document handleCommand(Channel channel, String database, String command, Document query) {
    note(channel, query);
    if (command.equals("aggregate") && database.equals("admin") && asksForOperations(query)) return operations();
    return super.handleCommand(channel, database, command, query);
  }

  @Override
  public Document getServerStatus() {
    var status = super.getServerStatus();
    var current = connections.size();
    status.put("connections", new Document("current", current).append("available", MOST - current));
    return status;
  }

  @Override
  public void handleClose(Channel channel) {
    connections.remove(channel);
    super.handleClose(channel);
  }

  private void note(Channel channel, Document query) {
    connections.putIfAbsent(channel, "");
    var application = member(member(query, "client"), "application");
    if (application != null) connections.put(channel, String.valueOf(application.get("name")));
    // Closed before its first command was worked: nobody tells of its end any more.
    if (!channel.isActive()) connections.remove(channel);
  }

  private static Document member(Document document, String name) {
    var found = document == null ? null : document.get(name);
    return found instanceof Document ? (Document) found : null;
  }

  private static boolean asksForOperations(Document query) {
    var stages = query.get("pipeline");
    return stages instanceof Collection
        && ((Collection<?>) stages).stream()
            .anyMatch(stage -> stage instanceof Document && ((Document) stage).containsKey("$currentOp"));
  }

  private Document operations() {
    var found = new ArrayList<Document>();
    connections.forEach((channel, application) -> found.add(operation(channel, application)));
    var cursor = new Document("id", 0L).append("ns", "admin.$cmd.aggregate").append("firstBatch", found);
    return new Document("cursor", cursor).append("ok", 1.0);
  }

  private static Document operation(Channel channel, String application) {
    var operation = new Document("type", "idleSession").append("active", false);
    if (channel.remoteAddress() instanceof InetSocketAddress) {
      var from = (InetSocketAddress) channel.remoteAddress();
      operation.append("client", from.getAddress().getHostAddress() + ":" + from.getPort());
    }
    return application.isEmpty() ? operation : operation.append("appName", application);
  }
}
