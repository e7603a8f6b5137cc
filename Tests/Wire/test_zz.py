import pytest, time
from test_load_floods import *
@pytest.mark.parametrize("mode", ["rst", "data"])
def test_x(start, flight_server, mode):
    gateway = start(flight_server, limits=UNLIMITED)
    ticket = grpc.message(grpc.ticket(stream_ticket(batches=20).ticket))
    t0=time.time(); figs=[]
    with gateway.connect(keep_frames=False, keep_bodies=False) as client:
        client.send(f.window_update(0, 1 << 22))
        seconds_for_100_mb(client)
        figs.append(round(quiet_rss(client, flight_server, gateway),1))
        done = 0
        while time.time()-t0 < 100 and done < 200_000:
            block = client.block(grpc.request_headers("DoGet"))
            streams = range(client.next_stream, client.next_stream + 100, 2)
            client.next_stream += 100
            client.send(*[f.headers(s, block) + f.data(s, ticket, end=True) for s in streams])
            if mode == "data":
                first = client.stream(streams[0])
                assert client.pump(lambda: first.received or first.done, 10)
            client.send(*[f.rst_stream(s) for s in streams])
            client.receive(0)
            client.streams.clear(); done += 50
            if done % 20_000 == 0: figs.append(round(quiet_rss(client, flight_server, gateway),1))
    print(mode, done, figs, time.time()-t0, "fds", gateway.descriptors, "anon", gateway.status("RssAnon")/MIB)
    time.sleep(3); print("after close", gateway.rss/MIB)
