// pgjdbc: one connection on its defaults, told line by line what to do with it.
//
// A line in is a verb, a tab and its argument; a line out is "=" and a value, or "!", a SQLSTATE
// and what was said.

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.StringReader;
import java.net.URI;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.postgresql.copy.CopyManager;

public final class Peer {
    private static final String NOTHING = "nothing came";
    private static final int PATIENCE_MS = 3000;
    private static final int ROWS = 1000;
    private static final int CURSOR_ROWS = 6;

    private final Connection connection;
    private final Deque<Savepoint> savepoints = new ArrayDeque<>();
    private final Deque<String> heard = new ArrayDeque<>();
    private PreparedStatement doubling;
    private PreparedStatement paged;
    private ResultSet page;
    private Statement sleeping;
    private CompletableFuture<String> slept;

    private Peer(String url) throws SQLException {
        URI parts = URI.create(url);
        String[] account = parts.getUserInfo().split(":");
        String address = "jdbc:postgresql://" + parts.getHost() + ":" + parts.getPort()
            + parts.getPath() + "?sslmode=disable";
        connection = DriverManager.getConnection(address, account[0], account[1]);
    }

    private void run(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private String ask(String sql) throws SQLException {
        List<String> values = new ArrayList<>();
        try (Statement statement = connection.createStatement();
             ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                values.add(rows.getString(1));
            }
        }
        return String.join(",", values);
    }

    private void begin() throws SQLException {
        if (connection.getAutoCommit()) {
            connection.setAutoCommit(false);
        } else {
            savepoints.push(connection.setSavepoint());
        }
    }

    private void commit() throws SQLException {
        if (savepoints.isEmpty()) {
            connection.commit();
            connection.setAutoCommit(true);
        } else {
            connection.releaseSavepoint(savepoints.pop());
        }
    }

    private void rollback() throws SQLException {
        if (savepoints.isEmpty()) {
            connection.rollback();
            connection.setAutoCommit(true);
        } else {
            connection.rollback(savepoints.pop());
        }
    }

    // After five executions pgjdbc names the statement and keeps it on the server.
    private String twice(int number) throws SQLException {
        if (doubling == null) {
            doubling = connection.prepareStatement("select ?::int * 2");
        }
        doubling.setInt(1, number);
        try (ResultSet rows = doubling.executeQuery()) {
            rows.next();
            return rows.getString(1);
        }
    }

    private void open() throws SQLException {
        begin();
        paged = connection.prepareStatement("select generate_series(1, ?)");
        paged.setInt(1, CURSOR_ROWS);
        paged.setFetchSize(2);
        page = paged.executeQuery();
    }

    private String fetch() throws SQLException {
        List<String> values = new ArrayList<>();
        while (values.size() < 2 && page.next()) {
            values.add(page.getString(1));
        }
        return String.join(",", values);
    }

    private void close() throws SQLException {
        page.close();
        paged.close();
        commit();
    }

    private String heard() throws SQLException {
        if (heard.isEmpty()) {
            PGNotification[] said =
                connection.unwrap(PGConnection.class).getNotifications(PATIENCE_MS);
            for (PGNotification each : said == null ? new PGNotification[0] : said) {
                heard.add(each.getParameter());
            }
        }
        return heard.isEmpty() ? NOTHING : heard.remove();
    }

    private CopyManager copier() throws SQLException {
        return connection.unwrap(PGConnection.class).getCopyAPI();
    }

    private void copyIn() throws Exception {
        StringBuilder lines = new StringBuilder();
        for (int number = 0; number < ROWS; number++) {
            lines.append(number).append('\t').append("x".repeat(100)).append('\n');
        }
        copier().copyIn("copy copied from stdin", new StringReader(lines.toString()));
    }

    private String copyOut() throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        copier().copyOut("copy copied to stdout", out);
        return String.valueOf(out.toString().lines().count());
    }

    private void sleep() throws SQLException {
        sleeping = connection.createStatement();
        slept = CompletableFuture.supplyAsync(() -> {
            try {
                sleeping.execute("select pg_sleep(60)");
                return "not at all";
            } catch (SQLException error) {
                return error.getSQLState();
            }
        });
    }

    private String cancel() throws Exception {
        sleeping.cancel();
        return slept.get();
    }

    private String act(String verb, String argument) throws Exception {
        switch (verb) {
            case "run": run(argument); return "";
            case "ask": return ask(argument);
            case "begin": begin(); return "";
            case "commit": commit(); return "";
            case "rollback": rollback(); return "";
            case "double": return twice(Integer.parseInt(argument));
            case "open": open(); return "";
            case "fetch": return fetch();
            case "close": close(); return "";
            case "listen", "unlisten": run(verb + " " + argument); return "";
            case "heard": return heard();
            case "copy in": copyIn(); return "";
            case "copy out": return copyOut();
            case "sleep": sleep(); return "";
            case "cancel": return cancel();
            default: throw new IllegalArgumentException("no verb is called " + verb);
        }
    }

    private static String refusal(Exception error) {
        String state = error instanceof SQLException said ? said.getSQLState() : null;
        String words = String.valueOf(error.getMessage()).replaceAll("\\s+", " ");
        return "!" + (state == null ? "-----" : state) + " " + words;
    }

    public static void main(String[] arguments) throws Exception {
        Peer peer;
        try {
            peer = new Peer(arguments[0]);
        } catch (SQLException error) {
            System.out.println(refusal(error));
            return;
        }
        System.out.println("=");
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] parts = line.split("\t", 2);
            try {
                System.out.println("=" + peer.act(parts[0], parts.length > 1 ? parts[1] : ""));
            } catch (Exception error) {
                System.out.println(refusal(error));
            }
        }
        System.exit(0);
    }
}
