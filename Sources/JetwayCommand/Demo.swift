import ArgumentParser
import FlightProtocol
import Foundation
import UnixSignals

/// `jetway demo`: a gateway with TLS in front of the embedded server, and a call through it.
struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show a gateway at work: sample data, a server, TLS, a call.",
        discussion: """
            Starts the embedded Flight server with sample data, and a gateway with a certificate of its own making in front \
            of it. Lists the flights and fetches one through the gateway, prints lines to paste into Python, and stays until \
            Ctrl-C. Nothing is left behind.

            Example: jetway demo --once
            """)

    @Option(help: ArgumentHelp("Where the gateway listens; port 0 takes any free port.", valueName: "host:port"))
    var listen = "127.0.0.1:8815"

    @Flag(help: "End after the call: exit code 0 only if all of it worked.")
    var once = false

    func run() async throws {
        let (host, port) = try address()
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let site = try await failing { try await DemoSite.open(host: host, port: port) }
        do {
            let visit = try await failing { try await DemoVisit.pay(to: site) }
            Console.output(report(site, visit))
            if !once {
                Console.output(lines(site))
                for await _ in signals { break }
            }
        } catch {
            await site.close()
            throw error
        }
        await site.close()
    }

    private func address() throws -> (host: String, port: Int) {
        do {
            guard case .host(let host, let port) = try FlightLocation.hostAndPort(listen[...]),
                ListenOptions.isLoopback(host)
            else {
                throw CommandFailure.wrongUse(
                    "--listen \(listen): a demo listens on this machine alone, as 127.0.0.1:8815")
            }
            return (host, port)
        } catch let problem as FlightLocation.Problem {
            throw CommandFailure.wrongUse("--listen \(listen): \(problem.text)")
        }
    }

    /// What goes wrong is told in one line.
    private func failing<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch {
            throw CommandFailure.no("demo: \(error)")
        }
    }

    // MARK: What is said

    private func report(_ site: DemoSite, _ visit: DemoVisit) -> String {
        let width = visit.flights.map(\.name.count).max() ?? 0
        let flights = visit.flights.map { flight in
            "  \(flight.name.padded(to: width))  \("\(flight.rows)".padded(from: 7)) rows  \(flight.columns) columns"
        }
        let server = "\(site.serverLocation)"
        let gateway = "\(site.location)"
        let places = max(server.count, gateway.count)
        return """
            A Flight server with sample data, and a gateway in front of it:

              server   \(server.padded(to: places))  plaintext; only the gateway dials it
              gateway  \(gateway.padded(to: places))  TLS, with a certificate made for this demo

            What the gateway's client sees:

            \(flights.joined(separator: "\n"))

            DoGet \(visit.fetched.name) through the gateway: \(visit.rows) rows in \(visit.batches) batches, \
            \(visit.bytes) bytes, \(visit.milliseconds) ms
            """
    }

    private func lines(_ site: DemoSite) -> String {
        """

        Call it yourself. Paste into Python (pip install pyarrow):

        import pyarrow.flight as flight
        certificate = open("\(site.certificatePath)").read()
        client = flight.connect("\(site.location)", tls_root_certs=certificate)
        for info in client.list_flights():
            print(b"/".join(info.descriptor.path).decode(), info.total_records)

        print(client.do_get(flight.Ticket(b"\(DemoVisit.flight)")).read_all().slice(0, 5).to_pydict())

        Ctrl-C ends the demo.
        """
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
    fileprivate func padded(from width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}
