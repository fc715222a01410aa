// pgx: one connection on its defaults, told line by line what to do with it.
//
// A line in is a verb, a tab and its argument; a line out is "=" and a value, or "!", a SQLSTATE
// and what was said.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	nothing  = "nothing came"
	patience = 3 * time.Second
	rows     = 1000
)

var always = context.Background()

type driver struct {
	connection *pgx.Conn
	blocks     []pgx.Tx
	slept      chan error
}

// querier is what the connection and a transaction of it have in common.
type querier interface {
	Exec(context.Context, string, ...any) (pgconn.CommandTag, error)
	Query(context.Context, string, ...any) (pgx.Rows, error)
	Begin(context.Context) (pgx.Tx, error)
}

func (d *driver) here() querier {
	if len(d.blocks) > 0 {
		return d.blocks[len(d.blocks)-1]
	}
	return d.connection
}

func (d *driver) ask(sql string, arguments ...any) (string, error) {
	found, err := d.here().Query(always, sql, arguments...)
	if err != nil {
		return "", err
	}
	values, err := pgx.CollectRows(found, func(row pgx.CollectableRow) (string, error) {
		all, err := row.Values()
		if err != nil {
			return "", err
		}
		return fmt.Sprint(all[0]), nil
	})
	return strings.Join(values, ","), err
}

func (d *driver) run(sql string) error {
	_, err := d.here().Exec(always, sql)
	return err
}

func (d *driver) begin() error {
	// Within a transaction pgx makes a savepoint.
	block, err := d.here().Begin(always)
	if err == nil {
		d.blocks = append(d.blocks, block)
	}
	return err
}

func (d *driver) end(how func(pgx.Tx) error) error {
	block := d.blocks[len(d.blocks)-1]
	d.blocks = d.blocks[:len(d.blocks)-1]
	return how(block)
}

func (d *driver) heard() (string, error) {
	limited, stop := context.WithTimeout(always, patience)
	defer stop()
	notification, err := d.connection.WaitForNotification(limited)
	if err != nil {
		if limited.Err() != nil {
			return nothing, nil
		}
		return "", err
	}
	return notification.Payload, nil
}

func (d *driver) copyIn() error {
	source := pgx.CopyFromSlice(rows, func(number int) ([]any, error) {
		return []any{number, strings.Repeat("x", 100)}, nil
	})
	_, err := d.connection.CopyFrom(always, pgx.Identifier{"copied"}, []string{"id", "body"}, source)
	return err
}

func (d *driver) copyOut() (string, error) {
	var out strings.Builder
	_, err := d.connection.PgConn().CopyTo(always, &out, "copy copied to stdout")
	return strconv.Itoa(strings.Count(out.String(), "\n")), err
}

func (d *driver) sleep() {
	d.slept = make(chan error, 1)
	go func() {
		_, err := d.connection.Exec(always, "select pg_sleep(60)")
		d.slept <- err
	}()
}

func (d *driver) cancel() (string, error) {
	if err := d.connection.PgConn().CancelRequest(always); err != nil {
		return "", err
	}
	return sqlstate(<-d.slept), nil
}

func (d *driver) do(verb, argument string) (string, error) {
	switch verb {
	case "run":
		return "", d.run(argument)
	case "ask":
		return d.ask(argument)
	case "begin":
		return "", d.begin()
	case "commit":
		return "", d.end(func(block pgx.Tx) error { return block.Commit(always) })
	case "rollback":
		return "", d.end(func(block pgx.Tx) error { return block.Rollback(always) })
	case "double":
		number, err := strconv.Atoi(argument)
		if err != nil {
			return "", err
		}
		return d.ask("select $1::int * 2", number)
	case "listen", "unlisten":
		return "", d.run(verb + " " + argument)
	case "heard":
		return d.heard()
	case "copy in":
		return "", d.copyIn()
	case "copy out":
		return d.copyOut()
	case "sleep":
		d.sleep()
		return "", nil
	case "cancel":
		return d.cancel()
	}
	return "", fmt.Errorf("no verb is called %q", verb)
}

func sqlstate(err error) string {
	var said *pgconn.PgError
	if errors.As(err, &said) {
		return said.Code
	}
	return "-----"
}

func say(value string, err error) {
	if err != nil {
		value = "!" + sqlstate(err) + " " + strings.Join(strings.Fields(err.Error()), " ")
	} else {
		value = "=" + value
	}
	fmt.Println(value)
}

func main() {
	connection, err := pgx.Connect(always, os.Args[1]+"?sslmode=disable")
	say("", err)
	it := driver{connection: connection}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		verb, argument, _ := strings.Cut(lines.Text(), "\t")
		say(it.do(verb, argument))
	}
}
