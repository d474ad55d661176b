// A hub as gorilla/websocket's example teaches it: a goroutine a hub, two a connection. Argument: the port.
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

type event struct {
	Type string `json:"type"`
	ID   int64  `json:"id"`
	At   int64  `json:"at"`
	Name string `json:"name"`
	Text string `json:"text"`
}

type client struct {
	conn *websocket.Conn
	send chan []byte
}

type hub struct {
	clients    map[*client]bool
	broadcast  chan string
	register   chan *client
	unregister chan *client
	count      int64
}

func (h *hub) run() {
	for {
		select {
		case c := <-h.register:
			h.clients[c] = true
		case c := <-h.unregister:
			if h.clients[c] {
				delete(h.clients, c)
				close(c.send)
			}
		case text := <-h.broadcast:
			h.count++
			frame, _ := json.Marshal(event{"msg", h.count, time.Now().UnixMilli(), "somebody", text})
			for c := range h.clients {
				select {
				case c.send <- frame:
				default:
					close(c.send)
					delete(h.clients, c)
				}
			}
		}
	}
}

func (c *client) read(h *hub) {
	defer func() { h.unregister <- c; c.conn.Close() }()
	for {
		_, frame, err := c.conn.ReadMessage()
		if err != nil {
			return
		}
		var said struct {
			Text string `json:"text"`
		}
		if json.Unmarshal(frame, &said) == nil {
			h.broadcast <- said.Text
		}
	}
}

func (c *client) write() {
	defer c.conn.Close()
	for frame := range c.send {
		if c.conn.WriteMessage(websocket.TextMessage, frame) != nil {
			return
		}
	}
}

func main() {
	upgrader := websocket.Upgrader{ReadBufferSize: 1024, WriteBufferSize: 1024}
	hubs := map[string]*hub{}
	var mutex sync.Mutex
	http.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		room := r.URL.Query().Get("room")
		mutex.Lock()
		h := hubs[room]
		if h == nil {
			h = &hub{map[*client]bool{}, make(chan string), make(chan *client), make(chan *client), 0}
			hubs[room] = h
			go h.run()
		}
		mutex.Unlock()
		c := &client{conn, make(chan []byte, 256)}
		h.register <- c
		go c.write()
		go c.read(h)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
