import Testing

/// `#expect` for expressions that call a mutating method, which the macro cannot take apart.
func expect(_ condition: Bool, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(condition, sourceLocation: sourceLocation)
}
