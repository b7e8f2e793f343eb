// An order service for tuanbo in one file, with Java's standard library (17).
//
//     NGINX=http://127.0.0.1:8080 SECRETS=data/secrets \
//         JOURNAL=orders.journal PORT=8090 java OrderService.java
//
// It moves no money: its pay page has two buttons. docs/checkout.md is the
// contract; README.md beside this file says what it leaves out. Java's library
// reads no JSON, so what little there is of it, flat objects of numbers and of
// words without escapes, is read by patterns; a shop has a parser.

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public class OrderService {

    static final String NGINX = setting("NGINX", "http://127.0.0.1:8080");
    static final Path SECRETS = Path.of(setting("SECRETS", "data/secrets"));
    static final Path JOURNAL = Path.of(setting("JOURNAL", "orders.journal"));
    static final int PORT = Integer.parseInt(setting("PORT", "8090"));
    static final List<String> SIGNED = List.of("Hold", "Lines", "Amount",
        "Buyer", "Return", "Expires");

    static String setting(String name, String otherwise) {
        return System.getenv().getOrDefault(name, otherwise);
    }

    static String sha256(String text) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(digest.digest(
                text.getBytes(StandardCharsets.ISO_8859_1)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    // A reference as the ledger shows it.
    static String shortHash(String reference) {
        return sha256(reference).substring(0, 32);
    }

    static String random() {
        byte[] bytes = new byte[16];
        new SecureRandom().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    // A flat JSON object: its numbers and words.
    static Map<String, String> flat(String json) {
        Map<String, String> fields = new HashMap<>();
        Matcher field = Pattern.compile(
            "\"(\\w+)\":(?:\"([^\"\\\\]*)\"|(-?\\d+))").matcher(json);
        while (field.find()) {
            fields.put(field.group(1),
                field.group(2) != null ? field.group(2) : field.group(3));
        }
        return fields;
    }

    // ---- signatures; strings have a char for each byte

    // The first one signs, each is accepted: so one is replaced.
    static List<String> secretsOf(String role) throws IOException {
        return Files.readAllLines(SECRETS.resolve(role)).stream()
            .filter(line -> !line.isBlank()).toList();
    }

    static String mac(String secret, String t, String method, String target,
            String key, String body) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(
                secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            return HexFormat.of().formatHex(mac.doFinal(String.join("\n", t,
                method, target, key, sha256(body))
                .getBytes(StandardCharsets.ISO_8859_1)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    static boolean authentic(String header, String method, String target,
            String body) throws IOException {
        Matcher is = Pattern.compile("t=([0-9]{1,12}),v1=([0-9a-f]{64})")
            .matcher(header);
        if (!is.matches() || Math.abs(System.currentTimeMillis() / 1000
                - Long.parseLong(is.group(1))) > 300) {
            return false;
        }
        boolean found = false;
        for (String secret : secretsOf("checkout")) {
            found |= MessageDigest.isEqual(is.group(2).getBytes(),
                mac(secret, is.group(1), method, target, "", body).getBytes());
        }
        return found;
    }

    // ---- what is known: all of it follows from the journal. A line (of
    // fields with tabs between) is on disk before anything is done about it,
    // so a service that was killed goes on where it was. All within "state".

    static class Order {
        String hold, page, goTo, chosen = "", payment = "";
        long amount, back;
        boolean told;
    }

    static class Debt {
        long seq, amount;
        String hold, payment, refund = "";
        boolean told;
    }

    static final Object state = new Object();
    static final Map<String, Order> orders = new LinkedHashMap<>();
    static final Map<String, Order> pages = new HashMap<>();
    static final Map<String, Order> payments = new HashMap<>();
    static final Map<Long, Debt> debts = new LinkedHashMap<>();
    static long seq = 0;
    static String hash = "0".repeat(64);
    static FileChannel journal;

    static void apply(String[] e) {
        switch (e[0]) {
        case "order" -> {
            Order order = new Order();
            order.hold = e[1];
            order.page = e[2];
            order.amount = Long.parseLong(e[3]);
            order.goTo = e[4];
            orders.put(order.hold, order);
            pages.put(order.page, order);
        }
        case "chosen" -> {
            Order order = orders.get(e[1]);
            order.chosen = e[2];
            if (e.length > 3) {
                order.payment = e[3];
                payments.put(shortHash(e[3]), order);
            }
        }
        case "told" -> orders.get(e[1]).told = true;
        case "read" -> {
            seq = Long.parseLong(e[1]);
            hash = e[2];
            for (int i = 3; i < e.length; i++) {
                String[] part = e[i].split(" ");
                if (part[0].equals("owed")) {
                    Debt debt = new Debt();
                    debt.seq = Long.parseLong(part[1]);
                    debt.hold = part[2];
                    debt.payment = part[3];
                    debt.amount = Long.parseLong(part[4]);
                    debts.put(debt.seq, debt);
                } else if (debts.containsKey(Long.parseLong(part[1]))) {
                    debts.get(Long.parseLong(part[1])).told = true;
                }
            }
        }
        case "back" -> {
            Debt debt = debts.get(Long.parseLong(e[1]));
            debt.refund = e[2];
            orders.get(debt.hold).back += debt.amount;
        }
        case "back-told" -> debts.get(Long.parseLong(e[1])).told = true;
        default -> throw new IllegalStateException(e[0]);
        }
    }

    static void open() throws IOException {
        journal = FileChannel.open(JOURNAL, StandardOpenOption.CREATE,
            StandardOpenOption.WRITE);
        String text = Files.readString(JOURNAL, StandardCharsets.ISO_8859_1);
        // killed while the last one was written: nothing was done about it
        String good = text.substring(0, text.lastIndexOf('\n') + 1);
        journal.truncate(good.length()).position(good.length());
        good.lines().forEach(line -> apply(line.split("\t")));
    }

    // On disk, then true.
    static void write(String... entry) {
        try {
            ByteBuffer line = ByteBuffer.wrap((String.join("\t", entry) + "\n")
                .getBytes(StandardCharsets.ISO_8859_1));
            while (line.hasRemaining()) {
                journal.write(line);
            }
            journal.force(false);
        } catch (IOException e) {
            e.printStackTrace();
            Runtime.getRuntime().halt(1);   // what is not on disk was not done
        }
        apply(entry);
    }

    // ---- pages for the buyer (4 to 6 of the sequence)

    static void handle(HttpExchange exchange) throws IOException {
        String method = exchange.getRequestMethod();
        String target = exchange.getRequestURI().toString();
        String body = new String(exchange.getRequestBody().readNBytes(65536),
            StandardCharsets.ISO_8859_1);

        if (target.matches("/checkout/[0-9a-f]{32}")) {
            checkout(exchange, method, target);
            return;
        }
        synchronized (state) {
            Order order = target.startsWith("/demo/pay/")
                ? pages.get(target.substring("/demo/pay/".length())) : null;
            if (order == null) {
                send(exchange, 404, "no such page", null);
            } else if (!method.equals("POST")) {
                send(exchange, 200, pageOf(order), null);
            } else if (!body.equals("action=pay")
                    && !body.equals("action=fail")) {
                send(exchange, 400, "pay or fail", null);
            } else {
                if (order.chosen.isEmpty()) {
                    // the reference is chosen once: nginx is told it at each
                    // try
                    if (body.equals("action=pay")) {
                        write("chosen", order.hold, "pay", "pay-" + random());
                    } else {
                        write("chosen", order.hold, "fail");
                    }
                }
                send(exchange, 303, "", order.goTo);
            }
        }
    }

    static void checkout(HttpExchange exchange, String method, String target)
            throws IOException {
        Map<String, String> sent = new LinkedHashMap<>();
        for (String name : SIGNED) {
            String value = exchange.getRequestHeaders()
                .getFirst("Flashsale-" + name);
            sent.put(name, value == null ? "" : value.strip());
        }
        String given = exchange.getRequestHeaders()
            .getFirst("Flashsale-Signature");
        if (!authentic(given == null ? "" : given, method, target,
                String.join("\n", sent.values()))) {
            send(exchange, 401, "not signed by nginx", null);
            return;
        }
        long price = 0;
        for (String line : sent.get("Lines").split("\\},")) {
            Map<String, String> fields = flat(line);
            price += Long.parseLong(fields.get("qty"))
                * Long.parseLong(fields.get("price_fen"))
                - Long.parseLong(fields.get("off_fen"));
        }
        String hold = sent.get("Hold");
        if (!target.equals("/checkout/" + hold)
                || !sent.get("Amount").equals(Long.toString(price))) {
            send(exchange, 400, "not the hold, or not its price", null);
            return;
        }
        synchronized (state) {
            // a double tap, a reload, another try: one order for each hold
            if (!orders.containsKey(hold) && method.equals("POST")) {
                write("order", hold, random(), Long.toString(price),
                    sent.get("Return"));
            }
            Order order = orders.get(hold);
            if (order == null) {
                send(exchange, 404, "no order yet", null);
            } else {
                send(exchange, 303, "", "/demo/pay/" + order.page);
            }
        }
    }

    // the Chinese is escaped: the compiler goes by the machine's encoding
    static String pageOf(Order order) {
        return "<!doctype html><title>\u4ed8\u6b3e</title>"
            + "<form method=post><p>"
            + (order.chosen.isEmpty() ? "\u5f85\u4ed8\u6b3e" : order.chosen)
            + String.format(Locale.ROOT, ": %.2f \u5143</p>",
                order.amount / 100.0)
            + "<button name=action value=pay>\u4ed8\u6b3e \u00b7 Pay</button> "
            + "<button name=action value=fail>\u4e0d\u4ed8\u4e86 \u00b7 Do not"
            + "</button></form>";
    }

    static void send(HttpExchange exchange, int status, String text,
            String location) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (location != null) {
            exchange.getResponseHeaders().set("Location", location);
        }
        exchange.getResponseHeaders().set("Content-Type",
            "text/html; charset=utf-8");
        exchange.getResponseHeaders().set("Cache-Control", "no-store");
        exchange.sendResponseHeaders(status,
            bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    // ---- requests to nginx

    record Answer(int status, String text, long retry) { }

    static final HttpClient client = HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .connectTimeout(Duration.ofSeconds(3)).build();

    // The status is 0 where no answer came.
    static Answer ask(String role, String method, String target, String body,
            String key, int seconds) throws InterruptedException {
        String t = Long.toString(System.currentTimeMillis() / 1000);
        try {
            HttpRequest.Builder request = HttpRequest
                .newBuilder(URI.create(NGINX + target))
                .timeout(Duration.ofSeconds(seconds))
                .header("Flashsale-Signature", "t=" + t + ",v1=" + mac(
                    secretsOf(role).get(0), t, method, target, key, body))
                .method(method, HttpRequest.BodyPublishers.ofString(body));
            if (!key.isEmpty()) {
                request.header("Idempotency-Key", key);
            }
            if (!body.isEmpty()) {
                request.header("Content-Type", "application/json");
            }
            HttpResponse<String> response = client.send(request.build(),
                HttpResponse.BodyHandlers.ofString(
                    StandardCharsets.ISO_8859_1));
            return new Answer(response.statusCode(), response.body(),
                response.headers().firstValueAsLong("Retry-After").orElse(0));
        } catch (IOException e) {
            return new Answer(0, e.toString(), 0);
        }
    }

    static boolean isFinal(int status) {
        return status >= 200 && status < 500 && status != 401 && status != 408
            && status != 429;
    }

    // Twice as long each time, up to a minute, a little by chance.
    static long waitMs(int tries, long retry) {
        double wait = Math.min(250 * Math.pow(2, Math.min(tries, 10)), 60_000);
        return (long) (Math.max(wait, 1000 * retry)
            * (1 + ThreadLocalRandom.current().nextDouble() / 4));
    }

    // ---- telling nginx (7 and 12)

    record Message(String hold, String what, String key, String body,
        String[] told) { }

    // What is to be told, in order.
    static List<Message> messages() {
        List<Message> list = new ArrayList<>();
        synchronized (state) {
            for (Order order : orders.values()) {
                if (order.chosen.isEmpty() || order.told) {
                    continue;
                }
                boolean paid = order.chosen.equals("pay");
                list.add(new Message(order.hold, paid ? "confirm" : "cancel",
                    order.payment, paid ? "{\"payment\":\"" + order.payment
                        + "\",\"paid_fen\":" + order.amount + "}" : "",
                    new String[] { "told", order.hold }));
            }
            for (Debt debt : debts.values()) {
                if (debt.refund.isEmpty() || debt.told) {
                    continue;
                }
                list.add(new Message(debt.hold, "refunded", debt.refund,
                    "{\"refund\":\"" + debt.refund + "\",\"owed\":" + debt.seq
                        + ",\"amount_fen\":" + debt.amount + "}",
                    new String[] { "back-told", Long.toString(debt.seq) }));
            }
        }
        return list;
    }

    static void tell() throws InterruptedException {
        Map<String, Integer> tries = new HashMap<>();
        Map<String, Long> due = new HashMap<>();
        while (true) {
            Set<String> waiting = new HashSet<>();
            for (Message message : messages()) {
                String name = String.join(" ", message.told());
                if (waiting.contains(message.hold()) || due.getOrDefault(name,
                        0L) > System.currentTimeMillis()) {
                    waiting.add(message.hold());    // of one hold in order
                    continue;
                }
                String target = "/orders/" + message.hold() + "/"
                    + message.what();
                Answer answer = ask("orders", "POST", target, message.body(),
                    message.key(), 15);
                if (!isFinal(answer.status())) {
                    waiting.add(message.hold());
                    int count = tries.merge(name, 1, Integer::sum);
                    due.put(name, System.currentTimeMillis()
                        + waitMs(count, answer.retry()));
                    continue;
                }
                if (answer.status() != 200) {
                    System.out.println("a person has to look: " + target + " "
                        + answer.text());
                }
                synchronized (state) {
                    write(message.told());
                }
            }
            Thread.sleep(100);
        }
    }

    // ---- following the ledger (9 to 11)

    // Checks a page of the ledger, and writes down what it says and how far
    // it goes by one line: both, or neither. False: it does not go on.
    static boolean take(List<String> lines) {
        long last = seq;
        String chain = hash;
        List<String> entry = new ArrayList<>(List.of("read", "", ""));
        for (String line : lines) {
            Map<String, String> fields = flat(line);
            int end = line.lastIndexOf(",\"hash\":\"");
            if (end < 0 || !Long.toString(last + 1).equals(fields.get("seq"))
                    || !sha256(chain + line.substring(0, end))
                        .equals(fields.get("hash"))) {
                return false;
            }
            last++;
            chain = fields.get("hash");
            String type = fields.get("type");
            if (type.equals("owed") && !fields.get("amount_fen").equals("0")) {
                entry.add(String.join(" ", "owed", fields.get("seq"),
                    fields.get("hold"), fields.get("payment"),
                    fields.get("amount_fen")));
            } else if (type.equals("refunded") && fields.containsKey("owed")) {
                entry.add("settled " + fields.get("owed"));
            }
        }
        if (!lines.isEmpty()) {
            entry.set(1, Long.toString(last));
            entry.set(2, chain);
            write(entry.toArray(new String[0]));
        }
        return true;
    }

    // The ledger was read to its end: what is owed and not settled is paid,
    // if the payment came here, and no more of it than came.
    static void payBack() {
        for (Debt debt : debts.values()) {
            Order order = payments.get(debt.payment);
            if (debt.refund.isEmpty() && !debt.told && order != null
                    && order.hold.equals(debt.hold)
                    && order.back + debt.amount <= order.amount) {
                // here the money goes back, under a reference that stays
                write("back", Long.toString(debt.seq),
                    "back-" + debt.seq + "-" + random());
            }
        }
    }

    static void follow() throws InterruptedException {
        int tries = 0;
        int waitMs = 0;
        while (true) {
            // only this thread moves the position
            Answer answer = ask("ledger", "GET", "/ledger?after=" + seq
                + "&hash=" + hash + "&limit=1000&wait_ms=" + waitMs, "", "",
                45);
            if (answer.status() == 409) {
                System.out.println("another history: nothing is paid back any"
                    + " more: " + answer.text());
                return;
            }
            if (answer.status() != 200) {
                waitMs = 0;
                Thread.sleep(waitMs(++tries, answer.retry()));
                continue;
            }
            List<String> lines = answer.text().lines().toList();
            synchronized (state) {
                if (!take(lines)) {
                    System.out.println("it does not go on from " + seq);
                    return;
                }
                tries = 0;
                if (lines.size() < 1000) {
                    payBack();
                    waitMs = 25_000;
                }
            }
        }
    }

    interface Work {
        void run() throws InterruptedException;
    }

    static void start(Work work) {
        new Thread(() -> {
            try {
                work.run();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }).start();
    }

    public static void main(String[] arguments) throws IOException {
        open();
        start(OrderService::tell);
        start(OrderService::follow);
        HttpServer server = HttpServer.create(
            new InetSocketAddress("127.0.0.1", PORT), 0);
        server.setExecutor(Executors.newFixedThreadPool(8));
        server.createContext("/", OrderService::handle);
        server.start();
    }
}
