import Testing

@testable import Jetway

@Suite struct ProcessLimitsTests {
    @Test("The limit of a service counts, and those of the groups around it")
    func service() {
        let files = ProcessLimits.memoryLimitFiles(controlGroups: "0::/system.slice/jetway.service\n")
        #expect(
            files == [
                "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/system.slice/jetway.service/memory.max",
                "/sys/fs/cgroup/system.slice/memory.max",
            ])
    }

    @Test("In a container the group is the top of what can be seen")
    func container() {
        #expect(ProcessLimits.memoryLimitFiles(controlGroups: "0::/\n") == ["/sys/fs/cgroup/memory.max"])
    }

    @Test("Of the first version of control groups only the memory controller counts")
    func firstVersion() {
        let files = ProcessLimits.memoryLimitFiles(controlGroups: "4:cpu,cpuacct:/a\n3:hugetlb,memory:/b\n")
        #expect(
            files == [
                "/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/b/memory.limit_in_bytes",
            ])
    }

    @Test("What is no list of groups names no file", arguments: ["", "\n", "0", "0:", "::", "junk\n"])
    func junk(text: String) {
        #expect(ProcessLimits.memoryLimitFiles(controlGroups: text).allSatisfy { $0 == "/sys/fs/cgroup/memory.max" })
    }

    @Test("There is memory, and no more than the machine has")
    func memory() {
        #expect(ProcessLimits.memory > 1 << 20)
    }
}
