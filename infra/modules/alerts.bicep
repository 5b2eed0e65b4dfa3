// What somebody should know of, and whom to tell. The queries are in infra/alerts/, one a file: each answers with rows of
// `what` (a function, a route, a dataset) and `value`, and an alert fires for each whose value is above the threshold.

@description('Name of the action group.')
@minLength(1)
@maxLength(260)
param actionGroupName string

@description('Azure region.')
param location string

@description('Tags for every resource.')
param tags object

@description('Address that alerts are sent to. Empty: they are seen in the portal only.')
param email string

@description('Application Insights component that the queries ask.')
param applicationInsightsName string

@description('Cosmos DB account.')
param cosmosAccountName string

@description('Event Grid topic.')
param topicName string

var logRules = [
  {
    name: 'failures'
    title: 'Functions fail'
    severity: 1
    query: loadTextContent('../alerts/failures.kql')
    every: 'PT5M'
    window: 'PT15M'
    threshold: 0
  }
  {
    name: 'poison'
    title: 'A file was given up'
    severity: 1
    query: loadTextContent('../alerts/poison.kql')
    every: 'PT5M'
    window: 'PT15M'
    threshold: 0
  }
  {
    // Three runs are due in that time: REFRESH_SCHEDULE in functions.bicep.
    name: 'refresh-missing'
    title: 'Refresh did not run'
    severity: 1
    query: loadTextContent('../alerts/refresh-missing.kql')
    every: 'PT5M'
    window: 'PT15M'
    threshold: 0
  }
  {
    name: 'stale-reports'
    title: 'Reports have been stale for half an hour'
    severity: 2
    query: loadTextContent('../alerts/stale-reports.kql')
    every: 'PT15M'
    window: 'PT15M'
    threshold: 1800
  }
  {
    name: 'slow-api'
    title: 'The API is slow: p95 above 2 s'
    severity: 3
    query: loadTextContent('../alerts/slow-api.kql')
    every: 'PT15M'
    window: 'PT30M'
    threshold: 2
  }
  {
    name: 'slow-ingest'
    title: 'Ingest is slow: p95 above 5 min'
    severity: 3
    query: loadTextContent('../alerts/slow-ingest.kql')
    every: 'PT15M'
    window: 'PT30M'
    threshold: 300
  }
]

var metricRules = [
  {
    name: 'dead-letters'
    title: 'Event Grid has given up on an event'
    severity: 2
    resourceId: topic.id
    metric: 'DeadLetteredCount'
    aggregation: 'Total'
    threshold: 0
    dimensions: []
  }
  {
    name: 'dropped-events'
    title: 'Event Grid has lost an event'
    severity: 1
    resourceId: topic.id
    metric: 'DroppedEventCount'
    aggregation: 'Total'
    threshold: 0
    dimensions: []
  }
  {
    // Some fail with every cold start, and are delivered again.
    name: 'delivery-failures'
    title: 'Event Grid cannot reach the app'
    severity: 2
    resourceId: topic.id
    metric: 'DeliveryAttemptFailCount'
    aggregation: 'Total'
    threshold: 20
    dimensions: []
  }
  {
    name: 'throttling'
    title: 'Cosmos DB puts requests off'
    severity: 2
    resourceId: cosmos.id
    metric: 'TotalRequests'
    aggregation: 'Count'
    threshold: 20
    dimensions: [
      {
        name: 'StatusCode'
        operator: 'Include'
        values: [
          '429'
        ]
      }
    ]
  }
]

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

resource cosmos 'Microsoft.DocumentDB/databaseAccounts@2025-04-15' existing = {
  name: cosmosAccountName
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: actionGroupName
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'pipeline'
    emailReceivers: [for address in (empty(email) ? [] : [email]): {
      name: 'email'
      emailAddress: address
      useCommonAlertSchema: true
    }]
  }
}

resource logAlerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for rule in logRules: {
  name: '${rule.name}-${applicationInsightsName}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: rule.title
    severity: rule.severity
    enabled: true
    scopes: [
      applicationInsights.id
    ]
    evaluationFrequency: rule.every
    windowSize: rule.window
    autoMitigate: true
    // Azure would refuse a query for a column that no telemetry has come in with yet.
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: rule.query
          metricMeasureColumn: 'value'
          timeAggregation: 'Maximum'
          operator: 'GreaterThan'
          threshold: rule.threshold
          dimensions: [
            {
              name: 'what'
              operator: 'Include'
              values: [
                '*'
              ]
            }
          ]
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: [
        actionGroup.id
      ]
    }
  }
}]

resource metricAlerts 'Microsoft.Insights/metricAlerts@2018-03-01' = [for rule in metricRules: {
  name: '${rule.name}-${applicationInsightsName}'
  location: 'global'
  tags: tags
  properties: {
    description: rule.title
    severity: rule.severity
    enabled: true
    scopes: [
      rule.resourceId
    ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: rule.name
          metricName: rule.metric
          timeAggregation: rule.aggregation
          operator: 'GreaterThan'
          threshold: rule.threshold
          dimensions: rule.dimensions
        }
      ]
    }
    actions: [
      {
        actionGroupId: actionGroup.id
      }
    ]
  }
}]
