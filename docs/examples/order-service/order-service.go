// An order service for tuanbo in one file, with Go's standard library.
//
//	NGINX=http://127.0.0.1:8080 SECRETS=data/secrets JOURNAL=orders.journal \
//	    PORT=8090 go run order-service.go
//
// It moves no money: its pay page has two buttons. docs/checkout.md is the
// contract; README.md beside this file says what it leaves out.
package main

import (
	"bytes"
	"crypto/hmac"
	crand "crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"log"
	"math/rand"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

var (
	nginx   = setting("NGINX", "http://127.0.0.1:8080")
	secrets = setting("SECRETS", "data/secrets")
	path    = setting("JOURNAL", "orders.journal")
	port    = setting("PORT", "8090")
	signed  = []string{"Hold", "Lines", "Amount", "Buyer", "Return", "Expires"}
)

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// A reference as the ledger shows it.
func shortHash(reference string) string {
	return digest([]byte(reference))[:32]
}

func random() string {
	data := make([]byte, 16)
	if _, err := crand.Read(data); err != nil {
		log.Fatal(err)
	}
	return hex.EncodeToString(data)
}

// ---- signatures

// The first one signs, each is accepted: so one is replaced.
func secretsOf(role string) []string {
	data, err := os.ReadFile(filepath.Join(secrets, role))
	if err != nil {
		log.Fatal(err)
	}
	return strings.Fields(string(data))
}

func mac(secret, t, method, target, key string, body []byte) string {
	code := hmac.New(sha256.New, []byte(secret))
	code.Write([]byte(strings.Join([]string{t, method, target, key,
		digest(body)}, "\n")))
	return hex.EncodeToString(code.Sum(nil))
}

var signature = regexp.MustCompile(`^t=([0-9]{1,12}),v1=([0-9a-f]{64})$`)

func authentic(header, method, target string, body []byte) bool {
	match := signature.FindStringSubmatch(header)
	if match == nil {
		return false
	}
	t, _ := strconv.ParseInt(match[1], 10, 64)
	if off := time.Now().Unix() - t; off > 300 || off < -300 {
		return false
	}
	found := false
	for _, secret := range secretsOf("checkout") {
		right := mac(secret, match[1], method, target, "", body)
		found = hmac.Equal([]byte(right), []byte(match[2])) || found
	}
	return found
}

// ---- what is known: all of it follows from the journal. A line is on disk
// before anything is done about it, so a service that was killed goes on
// where it was.

type debt struct {
	Seq     int64  `json:"seq"`
	Hold    string `json:"hold"`
	Payment string `json:"payment"`
	Amount  int64  `json:"amount_fen"`
	refund  string
	told    bool
}

type order struct {
	hold, page, goTo, chosen, payment string
	amount, back                      int64
	told                              bool
}

// A line of the journal.
type entry struct {
	What    string  `json:"what"`
	Hold    string  `json:"hold,omitempty"`
	Page    string  `json:"page,omitempty"`
	GoTo    string  `json:"goto,omitempty"`
	Amount  int64   `json:"amount_fen,omitempty"`
	Action  string  `json:"action,omitempty"`
	Payment string  `json:"payment,omitempty"`
	Seq     int64   `json:"seq,omitempty"`
	Hash    string  `json:"hash,omitempty"`
	Owed    []debt  `json:"owed,omitempty"`
	Settled []int64 `json:"settled,omitempty"`
	Refund  string  `json:"refund,omitempty"`
}

var (
	lock     sync.Mutex // of all that follows
	orders   []*order   // in their order
	byHold   = map[string]*order{}
	byPage   = map[string]*order{}
	payments = map[string]*order{} // by the hash of the payment
	debts    []*debt               // in the ledger's order
	bySeq    = map[int64]*debt{}
	seq      int64
	hash     = strings.Repeat("0", 64)
	journal  *os.File
)

func apply(e entry) {
	switch e.What {
	case "order":
		o := &order{hold: e.Hold, page: e.Page, goTo: e.GoTo, amount: e.Amount}
		orders = append(orders, o)
		byHold[o.hold], byPage[o.page] = o, o
	case "chosen":
		o := byHold[e.Hold]
		o.chosen, o.payment = e.Action, e.Payment
		if o.payment != "" {
			payments[shortHash(o.payment)] = o
		}
	case "told":
		byHold[e.Hold].told = true
	case "read":
		seq, hash = e.Seq, e.Hash
		for i := range e.Owed {
			debts = append(debts, &e.Owed[i])
			bySeq[e.Owed[i].Seq] = &e.Owed[i]
		}
		for _, settled := range e.Settled {
			if d := bySeq[settled]; d != nil {
				d.told = true
			}
		}
	case "back":
		d := bySeq[e.Seq]
		d.refund = e.Refund
		byHold[d.Hold].back += d.Amount
	case "back-told":
		bySeq[e.Seq].told = true
	}
}

// Under the lock. On disk, then true.
func write(e entry) {
	line, err := json.Marshal(e)
	if err == nil {
		_, err = journal.Write(append(line, '\n'))
	}
	if err == nil {
		err = journal.Sync()
	}
	if err != nil {
		log.Fatal(err) // what is not on disk was not done
	}
	apply(e)
}

func open() {
	data, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		log.Fatal(err)
	}
	// killed while the last one was written: nothing was done about it
	good := data[:bytes.LastIndexByte(data, '\n')+1]
	for _, line := range bytes.Split(good, []byte("\n")) {
		var e entry
		if len(line) == 0 {
			continue
		}
		if err := json.Unmarshal(line, &e); err != nil {
			log.Fatal(err)
		}
		apply(e)
	}
	journal, err = os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0600)
	if err == nil {
		err = journal.Truncate(int64(len(good)))
	}
	if err != nil {
		log.Fatal(err)
	}
}

// ---- pages for the buyer (4 to 6 of the sequence)

var hold32 = regexp.MustCompile(`^[0-9a-f]{32}$`)

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	io.WriteString(w, text)
}

// http.Redirect would change the address.
func send(w http.ResponseWriter, address string) {
	w.Header().Set("Location", address)
	say(w, http.StatusSeeOther, "")
}

func checkout(w http.ResponseWriter, r *http.Request) {
	hold := strings.TrimPrefix(r.RequestURI, "/checkout/")
	sent := map[string]string{}
	values := []string{}
	for _, name := range signed {
		sent[name] = r.Header.Get("Flashsale-" + name)
		values = append(values, sent[name])
	}
	if !authentic(r.Header.Get("Flashsale-Signature"), r.Method, r.RequestURI,
		[]byte(strings.Join(values, "\n"))) {
		say(w, http.StatusUnauthorized, "not signed by nginx")
		return
	}
	var lines []struct {
		Qty   int64 `json:"qty"`
		Price int64 `json:"price_fen"`
		Off   int64 `json:"off_fen"`
	}
	err := json.Unmarshal([]byte(sent["Lines"]), &lines)
	price := int64(0)
	for _, line := range lines {
		price += line.Qty*line.Price - line.Off
	}
	if err != nil || !hold32.MatchString(hold) || sent["Hold"] != hold ||
		sent["Amount"] != strconv.FormatInt(price, 10) {
		say(w, http.StatusBadRequest, "not the hold, or not its price")
		return
	}
	lock.Lock()
	defer lock.Unlock()
	// a double tap, a reload, another try: one order for each hold
	if byHold[hold] == nil && r.Method == http.MethodPost {
		write(entry{What: "order", Hold: hold, Amount: price,
			GoTo: sent["Return"], Page: random()})
	}
	if o := byHold[hold]; o != nil {
		send(w, "/demo/pay/"+o.page)
		return
	}
	say(w, http.StatusNotFound, "no order yet")
}

func page(w http.ResponseWriter, r *http.Request) {
	lock.Lock()
	defer lock.Unlock()
	o := byPage[strings.TrimPrefix(r.URL.Path, "/demo/pay/")]
	if o == nil {
		say(w, http.StatusNotFound, "no such page")
		return
	}
	if r.Method != http.MethodPost {
		say(w, http.StatusOK, fmt.Sprintf("<!doctype html><title>付款</title>"+
			"<form method=post><p>%s: %.2f 元</p><button name=action "+
			"value=pay>付款 · Pay</button> <button name=action value=fail>"+
			"不付了 · Do not</button></form>", html.EscapeString(o.chosen),
			float64(o.amount)/100))
		return
	}
	e := entry{What: "chosen", Hold: o.hold, Action: r.PostFormValue("action")}
	if e.Action == "pay" {
		e.Payment = "pay-" + random()
	} else if e.Action != "fail" {
		say(w, http.StatusBadRequest, "pay or fail")
		return
	}
	if o.chosen == "" {
		// the reference is chosen once: nginx is told it at each try
		write(e)
	}
	send(w, o.goTo)
}

// ---- requests to nginx

var client = &http.Client{Timeout: 45 * time.Second}

// Status, body and Retry-After; the status is 0 where none came.
func ask(role, method, target string, body []byte,
	key string) (int, []byte, int) {
	t := strconv.FormatInt(time.Now().Unix(), 10)
	request, err := http.NewRequest(method, nginx+target, bytes.NewReader(body))
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("Flashsale-Signature", "t="+t+",v1="+
		mac(secretsOf(role)[0], t, method, target, key, body))
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	if len(body) > 0 {
		request.Header.Set("Content-Type", "application/json")
	}
	answer, err := client.Do(request)
	if err != nil {
		return 0, nil, 0
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, nil, 0
	}
	retry, _ := strconv.Atoi(answer.Header.Get("Retry-After"))
	return answer.StatusCode, text, retry
}

func final(status int) bool {
	return status >= 200 && status < 500 && status != 401 && status != 408 &&
		status != 429
}

// Twice as long each time, up to a minute, a little by chance.
func wait(tries, retry int) time.Duration {
	wait := time.Minute
	if tries < 8 {
		wait = 250 * time.Millisecond << tries
	}
	if asked := time.Duration(retry) * time.Second; asked > wait {
		wait = asked
	}
	return wait + time.Duration(rand.Int63n(int64(wait/4)))
}

// ---- telling nginx (7 and 12)

type message struct {
	hold, what, key string
	body            []byte
	told            entry
}

// What is to be told, in order.
func messages() (list []message) {
	lock.Lock()
	defer lock.Unlock()
	for _, o := range orders {
		if o.chosen == "" || o.told {
			continue
		}
		m := message{hold: o.hold, what: "cancel",
			told: entry{What: "told", Hold: o.hold}}
		if o.chosen == "pay" {
			m.what, m.key = "confirm", o.payment
			m.body, _ = json.Marshal(map[string]any{"payment": o.payment,
				"paid_fen": o.amount})
		}
		list = append(list, m)
	}
	for _, d := range debts {
		if d.refund == "" || d.told {
			continue
		}
		body, _ := json.Marshal(map[string]any{"refund": d.refund,
			"owed": d.Seq, "amount_fen": d.Amount})
		list = append(list, message{d.Hold, "refunded", d.refund, body,
			entry{What: "back-told", Seq: d.Seq}})
	}
	return list
}

func tell() {
	tries := map[string]int{}
	due := map[string]time.Time{}
	for {
		waiting := map[string]bool{}
		for _, m := range messages() {
			name := m.what + m.key + m.hold
			if waiting[m.hold] || time.Now().Before(due[name]) {
				waiting[m.hold] = true // of one hold in order
				continue
			}
			target := "/orders/" + m.hold + "/" + m.what
			status, text, retry := ask("orders", "POST", target, m.body, m.key)
			if !final(status) {
				waiting[m.hold] = true
				tries[name]++
				due[name] = time.Now().Add(wait(tries[name], retry))
				continue
			}
			if status != 200 {
				log.Printf("a person has to look: %s %s", target, text)
			}
			lock.Lock()
			write(m.told)
			lock.Unlock()
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// ---- following the ledger (9 to 11)

// Checks a page of the ledger, and writes down what it says and how far it
// goes by one line: both, or neither. False: it does not go on.
func take(lines [][]byte) bool {
	e := entry{What: "read", Seq: seq, Hash: hash}
	for _, line := range lines {
		var l struct {
			Seq     int64  `json:"seq"`
			Type    string `json:"type"`
			Hold    string `json:"hold"`
			Payment string `json:"payment"`
			Amount  int64  `json:"amount_fen"`
			Owed    int64  `json:"owed"`
			Hash    string `json:"hash"`
		}
		end := bytes.LastIndex(line, []byte(`,"hash":"`))
		if end < 0 || json.Unmarshal(line, &l) != nil || l.Seq != e.Seq+1 ||
			digest(append([]byte(e.Hash), line[:end]...)) != l.Hash {
			return false
		}
		e.Seq, e.Hash = l.Seq, l.Hash
		if l.Type == "owed" && l.Amount > 0 {
			e.Owed = append(e.Owed, debt{Seq: l.Seq, Hold: l.Hold,
				Payment: l.Payment, Amount: l.Amount})
		} else if l.Type == "refunded" && l.Owed > 0 {
			e.Settled = append(e.Settled, l.Owed)
		}
	}
	if len(lines) > 0 {
		write(e)
	}
	return true
}

// The ledger was read to its end: what is owed and not settled is paid, if the
// payment came here, and no more of it than came.
func payBack() {
	for _, d := range debts {
		o := payments[d.Payment]
		if d.refund == "" && !d.told && o != nil && o.hold == d.Hold &&
			o.back+d.Amount <= o.amount {
			// here the money goes back, under a reference that stays
			write(entry{What: "back", Seq: d.Seq,
				Refund: fmt.Sprintf("back-%d-%s", d.Seq, random())})
		}
	}
}

func follow() {
	tries, waitMs := 0, 0
	for {
		// only this goroutine moves the position
		status, body, retry := ask("ledger", "GET", fmt.Sprintf(
			"/ledger?after=%d&hash=%s&limit=1000&wait_ms=%d", seq, hash, waitMs),
			nil, "")
		if status == 409 {
			log.Printf("another history: nothing is paid back any more: %s",
				body)
			return
		}
		if status != 200 {
			tries++
			waitMs = 0
			time.Sleep(wait(tries, retry))
			continue
		}
		lines := [][]byte{}
		for _, line := range bytes.Split(body, []byte("\n")) {
			if len(line) > 0 {
				lines = append(lines, line)
			}
		}
		lock.Lock()
		good := take(lines)
		if good && len(lines) < 1000 {
			payBack()
			waitMs = 25000
		}
		lock.Unlock()
		if !good {
			log.Printf("it does not go on from %d", seq)
			return
		}
		tries = 0
	}
}

func main() {
	open()
	go tell()
	go follow()
	http.HandleFunc("/checkout/", checkout)
	http.HandleFunc("/demo/pay/", page)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+port, nil))
}
